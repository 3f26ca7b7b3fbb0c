// Parts of a page that keep themselves fresh: data-poll names the address, data-every the seconds.

for (const part of document.querySelectorAll("[data-poll]")) {
  setInterval(async () => {
    // somebody is writing in it, or nobody looks
    if (document.hidden || part.contains(document.activeElement)) return;
    try {
      const response = await fetch(part.dataset.poll, { headers: { "X-Fragment": "part" } });
      // signed out meanwhile, as nobody touched this page: whoever comes next must sign in
      if (response.status === 401) location.reload();
      if (!response.ok) return;
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      part.replaceChildren(...page.body.childNodes);
    } catch {
      // the next time will do
    }
  }, Number(part.dataset.every) * 1000);
}
