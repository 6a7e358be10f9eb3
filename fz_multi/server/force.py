"""A force: its recipes, technologies and settings. `force_api` and `recipes_api` answer Lua."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fz_multi.prototypes import Prototypes


class Force:
    """One force. ``index`` 1 to 64; 1 to 3 are player, enemy and neutral."""

    def __init__(self, index: int, name: str, prototypes: Prototypes) -> None:
        self.index, self.name = index, name
        self.prototypes = prototypes
        self.recipes: dict[int, bool] = {}  # enabled or not, where a script has said so
        self.researched: set[int] = set()
        self.disabled: set[int] = set()  # technologies that a script has switched off
        self.progress: dict[int, float] = {}  # saved progress of technologies
        self.research_enabled = True
        self.friends: set[int] = {index}
        self.truces: set[int] = {index}
        self.settings: dict[str, Any] = {}
        self.spawn: dict[int, tuple[int, int]] = {}  # by surface index
        self.merge_into = 0
        # (category, surface handle) -> what was counted when it was cleared, and what scripts added
        self.baselines: dict[tuple[int, int], dict[str, dict[str, float]]] = {}

    def recipe_enabled(self, recipe: int) -> bool:
        """Whether a recipe can be used: by itself, by a technology, or because a script says so."""
        own = self.recipes.get(recipe)
        if own is not None:
            return own
        return self.prototypes.recipes[self.prototypes.recipe_name(recipe)].enabled

    def research(self, technology: int, done: bool) -> None:
        """Mark a technology as researched or not; its recipes come, or go again."""
        name = self.prototypes.technology_name(technology)
        (self.researched.add if done else self.researched.discard)(technology)
        if done:
            self.progress.pop(technology, None)
        for effect in self.prototypes.technologies[name].effects:
            if effect.type == "unlock-recipe" and effect.target in self.prototypes.recipes:
                self.recipes[self.prototypes.recipe_id(effect.target)] = done

    def reset_recipes(self) -> None:
        """As the technologies have it, whatever scripts have done (doc)."""
        self.recipes.clear()
        for technology in sorted(self.researched):
            self.research(technology, True)

    def state(self) -> dict[str, Any]:
        """Everything, for a save file."""
        return {key: value for key, value in vars(self).items() if key != "prototypes"}

    def restore(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
