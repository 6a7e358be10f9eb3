"""``python -m fz_multi`` is ``fz-multi``."""

import sys

from .cli import main

sys.exit(main())
