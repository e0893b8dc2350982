// Fill the choice of versions from versions.json, which lies beside the folders of the versions.
// Without that file (a build of one version, or pages opened from a disk) the choice says which version this is.
(async () => {
  const place = document.querySelector(".versions");
  const choice = place?.querySelector("select");
  if (!choice || !location.protocol.startsWith("http")) return;
  const root = new URL(document.documentElement.dataset.content_root || "./", location.href);
  const answer = await fetch(new URL("../versions.json", root)).catch(() => null);
  if (!answer?.ok) return;
  const { versions } = await answer.json();
  if (!Array.isArray(versions) || versions.length < 2) return;
  choice.replaceChildren(
    ...versions.map((name) => new Option(name, name, false, name === place.dataset.version)),
  );
  choice.disabled = false;
  choice.addEventListener("change", async () => {
    // The same page, where that version has it; otherwise its first.
    const there = new URL(`../${encodeURIComponent(choice.value)}/`, root);
    const same = new URL(location.pathname.slice(root.pathname.length), there);
    const found = await fetch(same, { method: "HEAD" }).catch(() => null);
    location.assign(found?.ok ? same : new URL("index.html", there));
  });
})();
