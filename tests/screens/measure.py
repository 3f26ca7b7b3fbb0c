"""What a ruler sees on a page, besides its width and its text: tables cut off, targets too small for a glove,
main values too small, facts hidden under the buttons."""

from typing import Final

TARGET_PX_MIN: Final = 48
#: Buttons of a menu or a choice: what a hand in a glove hits without looking.
OPTION_PX_MIN: Final = 54
VALUE_PX_MIN: Final = 36

#: One expression, answered with a list of faults as JSON.
MEASURE: Final = (
    """JSON.stringify((() => {
  const faults = [];
  const seen = (element) => {
    const box = element.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && element.checkVisibility();
  };
  for (const box of document.querySelectorAll(".table-box")) {
    const hidden = box.scrollWidth - box.clientWidth;
    if (hidden > 0) faults.push(`${hidden} px of a table are out of sight`);
  }
  if (!document.body?.classList.contains("handheld")) return faults;
  const lowest = [...document.querySelectorAll(".middle > *")].filter(seen).at(-1);
  const bottom = [...document.querySelectorAll(".bottom")].find(seen);
  if (!document.querySelector(".alarm") && lowest && bottom) {
    const covered = lowest.getBoundingClientRect().bottom - bottom.getBoundingClientRect().top - 12;
    if (covered > 0) faults.push(`${Math.round(covered)} px lie under the buttons`);
  }
  for (const value of document.querySelectorAll(".loud dd")) {
    const size = parseFloat(getComputedStyle(value).fontSize);
    if (size < VALUE) faults.push(`main value “${value.textContent}” is ${size} px`);
  }
  for (const target of document.querySelectorAll("button, a.key, a.home, summary, input:not([type=hidden])")) {
    const box = target.getBoundingClientRect();
    const least = target.matches(".key-option, .key-main, .key-small, .languages button") ? OPTION : TARGET;
    if (target.id === "catcher" || !seen(target) || (box.height >= least && box.width >= TARGET)) continue;
    faults.push(`target “${target.textContent.trim() || target.name}” is ${box.width} × ${box.height} px`);
  }
  return faults;
})())""".replace("TARGET", str(TARGET_PX_MIN))
    .replace("OPTION", str(OPTION_PX_MIN))
    .replace("VALUE", str(VALUE_PX_MIN))
)
