// Search everything: Ctrl K or ⌘ K from any page. The form's own page answers where this file is not there.
(() => {
  "use strict";
  const dialog = document.querySelector("#ricerca");
  if (!dialog) return;
  const form = dialog.querySelector("form");
  const input = form.querySelector('[role="combobox"]');
  const answer = dialog.querySelector(".answer");
  const told = dialog.querySelector(".told");
  const PAUSE_MS = 120;
  const SLOW_MS = 600;
  const LATE_MS = 10_000;
  const OFFLINE = "Connessione persa: la ricerca non risponde. Riprova.";
  const LATE = "La ricerca ci mette troppo. Riprova tra un minuto.";

  const options = () => [...dialog.querySelectorAll('[role="option"]')];
  const active = () => dialog.querySelector('[aria-selected="true"]');
  const choose = (option) => {
    active()?.setAttribute("aria-selected", "false");
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) input.setAttribute("aria-activedescendant", option.id);
    else input.removeAttribute("aria-activedescendant");
  };

  // --- the question that counts is the last one: an answer to an earlier one is never shown ---
  let turn = null;
  let waiting = null; // the pause after a key
  let isPending = false; // typed and not answered yet
  let goesThere = false; // Enter was pressed meanwhile
  const show = (html) => {
    answer.innerHTML = html;
    const list = answer.querySelector('[role="listbox"]');
    input.setAttribute("aria-expanded", String(!list.hidden));
    told.textContent = list.dataset.told ?? "";
    choose(input.value.trim() ? options()[0] : null);
  };
  const nothing = (sentence) => {
    answer.innerHTML = '<div id="ricerca-esiti" role="listbox" aria-label="Risultati" hidden></div>';
    input.setAttribute("aria-expanded", "false");
    choose(null);
    told.textContent = sentence;
    goesThere = false;
  };
  const sentenceOf = (response) =>
    JSON.parse(response.headers.get("HX-Trigger") ?? "{}").avviso?.testo ?? "La ricerca non ha funzionato. Riprova tra un minuto.";
  const ask = async () => {
    turn?.abort();
    const mine = turn = new AbortController();
    let isLate = false;
    const slow = setTimeout(() => { told.textContent = "Sto cercando…"; }, SLOW_MS);
    const late = setTimeout(() => { isLate = true; mine.abort(); }, LATE_MS);
    try {
      const response = await fetch(form.action, {
        method: "POST", body: new URLSearchParams(new FormData(form)), headers: { "HX-Request": "true" }, signal: mine.signal,
      });
      const html = await response.text();
      if (mine !== turn) return;
      const elsewhere = response.headers.get("HX-Redirect"); // the session has ended
      if (elsewhere) location.href = elsewhere;
      else if (response.ok) show(html);
      else nothing(sentenceOf(response));
    } catch {
      if (mine === turn) nothing(isLate ? LATE : OFFLINE);
    } finally {
      clearTimeout(slow);
      clearTimeout(late);
      if (mine === turn) {
        isPending = false;
        if (goesThere) active()?.click();
        goesThere = false;
      }
    }
  };
  const askSoon = () => {
    isPending = true;
    clearTimeout(waiting);
    waiting = setTimeout(ask, PAUSE_MS);
  };

  // --- open and close: the focus goes back to where it was ---
  let origin = null;
  const open = () => {
    if (document.querySelector("dialog[open]")) return; // a question is open: that one first
    origin = document.activeElement;
    dialog.showModal();
    input.select();
    askSoon();
  };
  dialog.addEventListener("close", () => {
    clearTimeout(waiting);
    turn?.abort();
    turn = null;
    isPending = goesThere = false;
    origin?.focus();
  });

  const move = (step) => {
    const all = options();
    if (all.length) choose(all[(all.indexOf(active()) + (active() || step > 0 ? step : 0) + all.length) % all.length]);
  };
  input.addEventListener("input", askSoon);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown") move(1);
    else if (event.key === "ArrowUp") move(-1);
    else if (event.key !== "Enter") return;
    event.preventDefault();
    if (event.key !== "Enter") return;
    if (isPending) goesThere = true;
    else active()?.click();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("online", () => { if (dialog.open) ask(); });
  document.addEventListener("keydown", (event) => {
    if (event.key?.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    if (dialog.open) dialog.close();
    else open();
  });
  document.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest?.("[data-search-close]")) dialog.close();
    const opener = event.target.closest?.("[data-search]");
    if (!opener || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });
  for (const opener of document.querySelectorAll("[data-search]")) {
    opener.setAttribute("aria-haspopup", "dialog");
    if (/Mac|iPhone|iPad/.test(navigator.platform)) opener.querySelector("kbd").textContent = "⌘ K";
  }
})();
