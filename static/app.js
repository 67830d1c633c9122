// All the JavaScript of Platea: no framework, no eval, no inline styles. htmx 4 does the rest.
// Every page works without this file; with it, it is pleasant.
(() => {
  "use strict";
  const find = (selector, root = document) => root.querySelector(selector);

  // --- theme: the server reads the cookie and writes data-theme, so a page never flashes ---
  const isDark = () => {
    const chosen = document.documentElement.dataset.theme;
    return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  };
  const setTheme = (theme) => {
    document.documentElement.dataset.theme = theme;
    document.cookie = `tema=${theme};path=${document.documentElement.dataset.root || "/"};max-age=31536000;samesite=lax`;
  };

  // --- toasts: HX-Trigger {"avviso": {"testo": "…", "tipo": "ok"}}, or rendered in the page ---
  const TOAST_MS = 7000;
  const expire = (toast) => toast.matches(".err") || setTimeout(() => toast.remove(), TOAST_MS);
  const notify = ({ testo, tipo = "ok" }) => {
    const toast = find(`#toast-${tipo}`).content.firstElementChild.cloneNode(true);
    find("p", toast).textContent = testo;
    find("#avvisi").append(toast);
    expire(toast);
    return toast;
  };
  document.addEventListener("avviso", (event) => notify(event.detail));

  const announce = (text) => { const box = find("#annunci"); if (box) box.textContent = text; };

  // --- live fragments: hx-trigger="every 3s, refresh from:body" on the element that is replaced ---
  // Asks nothing while the tab is hidden, while a menu of the fragment is open, or when paused (WCAG 2.2.2).
  const LIVE = '[hx-trigger*="every"]';
  const isPoll = (event) => event.detail.ctx?.sourceEvent?.type === "every";
  let paused = false;
  const refresh = () => { if (!paused && find(LIVE)) window.htmx?.trigger(document.body, "refresh"); };

  document.addEventListener("htmx:config:request", (event) => {
    if (!isPoll(event)) return;
    const live = event.detail.ctx.sourceElement;
    if (document.hidden || paused || find(".menu:popover-open", live)) event.preventDefault();
  });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });

  // What has just been started is in line or being prepared: small uploads are over before the first question.
  const SOON_S = [1, 2, 3, 5, 8];
  const BEGINS = ["queued", "preparing"];
  const STARTING = BEGINS.map((state) => `[data-state="${state}"]`).join();
  const askSoon = () => SOON_S.forEach((s) => setTimeout(() => {
    if (!document.hidden && !find(".menu:popover-open") && find(STARTING)) refresh();
  }, s * 1000));

  const showPause = () => {
    for (const button of document.querySelectorAll("[data-pause]")) {
      find("span", button).textContent = paused ? "Riprendi ad aggiornare la pagina" : "Non aggiornare la pagina";
    }
  };
  const togglePause = () => {
    paused = !paused;
    showPause();
    announce(paused ? "La pagina non si aggiorna più da sola" : "La pagina si aggiorna di nuovo da sola");
    refresh();
  };

  // Screen readers hear changes of state only: rows carry id, data-state and data-name.
  let states = new Map();
  const readStates = () =>
    new Map([...document.querySelectorAll("[data-state][id]")].map((row) => [row.id, row.dataset.state]));
  const announceChanges = () => {
    const before = states;
    states = readStates();
    if ([...states].some(([id, state]) => BEGINS.includes(state) && before.get(id) !== state)) askSoon();
    const changed = [...states].filter(([id, state]) => before.has(id) && before.get(id) !== state);
    const sentences = changed.map(([id]) => {
      const row = document.getElementById(id);
      return `${row.dataset.name}: ${find(".status", row)?.textContent.trim()}`;
    });
    if (sentences.length) announce(sentences.join(". "));
  };

  // --- confirmations: hx-confirm="Title|Text|button that goes on|button that leaves all as it is" ---
  document.addEventListener("htmx:confirm", (event) => {
    const question = event.detail.ctx?.confirm;
    if (!question) return;
    event.preventDefault();
    const [title, text = "", yes = "conferma", no = "annulla"] = question.split("|");
    const dialog = find("#conferma");
    find("#conferma-titolo").textContent = title;
    find("#conferma-testo").textContent = text;
    find("#conferma-si").textContent = yes;
    find("#conferma-no").textContent = no;
    const asked = event.detail.ctx.sourceElement;
    const menu = asked.closest("[popover]"); // it closes under the dialog: focus goes back to its button
    const origin = menu ? find(`[popovertarget="${menu.id}"]`) : asked;
    dialog.returnValue = "no";
    dialog.showModal();
    dialog.addEventListener("close", () => {
      if (dialog.returnValue === "si") return event.detail.issueRequest(true);
      origin?.focus();
      event.detail.dropRequest?.();
    }, { once: true });
  });

  // --- network and server errors: the page stays, one toast that goes when the line is back ---
  let outage = null;
  const onFailure = (event) => {
    const status = event.detail.ctx?.response?.status ?? 0;
    const isTold = event.detail.ctx?.response?.headers?.has("HX-Trigger"); // the server says itself what is wrong
    if ((status >= 400 && status < 500) || isTold || outage?.isConnected) return;
    const testo = isPoll(event)
      ? "Connessione persa: i numeri sono fermi. Riproviamo da soli."
      : "Non ha funzionato. Controlla la connessione e riprova.";
    outage = notify({ testo, tipo: "err" });
    outage.dataset.live = isPoll(event);
  };
  document.addEventListener("htmx:error", onFailure);
  document.addEventListener("htmx:response:error", onFailure);
  document.addEventListener("htmx:after:request", (event) => {
    const status = event.detail.ctx?.response?.status ?? 0;
    if (!outage || !status || status >= 400) return;
    if (outage.dataset.live === "true") notify({ testo: "Connessione ripristinata: i numeri si aggiornano di nuovo." });
    outage.remove();
    outage = null;
  });

  // --- files: <form data-upload> shows how far they are, which fetch and so htmx cannot say ---
  // <form data-upload data-max-bytes="…" data-too-large="sentence"> with a <progress hidden> in it.
  // Answers as to htmx: HX-Redirect, or 422 with the form again.
  const sendFile = (form) => {
    const bar = find("progress", form);
    const button = find("button[type=submit]", form);
    const request = new XMLHttpRequest();
    const failed = (testo) => { bar.hidden = true; button.disabled = false; notify({ testo, tipo: "err" }); };
    request.open("POST", form.action);
    request.setRequestHeader("HX-Request", "true");
    request.upload.onprogress = (event) => { bar.max = event.total; bar.value = event.loaded; };
    request.onerror = () => failed("Connessione persa: il file non è arrivato. Riprova.");
    request.onload = () => {
      const target = request.getResponseHeader("HX-Redirect");
      if (target) { location.href = target; return; }
      if (request.status === 413) {
        // We say no before it is sent (below): this no is of a proxy in front of us, if the file is in our limit.
        const { size } = find("input[type=file]", form).files[0];
        failed(size > Number(form.dataset.maxBytes) ? form.dataset.tooLarge : form.dataset.tooLargeInFront);
        return;
      }
      if (request.status === 502 || request.status === 504) { failed(form.dataset.nobodyBehind); return; }
      const told = JSON.parse(request.getResponseHeader("HX-Trigger") ?? "{}").avviso?.testo;
      if (request.status !== 422) { failed(told ?? "Non ha funzionato. Riprova tra un minuto."); return; }
      const parent = form.parentElement;
      form.outerHTML = request.responseText;
      window.htmx?.process(parent);
      focusErrors();
    };
    bar.hidden = false;
    button.disabled = true;
    request.send(new FormData(form));
  };
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-upload]");
    const [file] = find("input[type=file]", form ?? document)?.files ?? [];
    if (!form || !file) return;
    event.preventDefault();
    // Before sending: a server that refuses half-way closes the line, and nobody can read why.
    if (file.size > Number(form.dataset.maxBytes)) notify({ testo: form.dataset.tooLarge, tipo: "err" });
    else sendFile(form);
  });

  const sizeOf = (bytes) => {
    const [value, unit] = bytes < 1e6 ? [bytes / 1e3, "kB"] : [bytes / 1e6, "MB"];
    return `${value.toLocaleString("it", { maximumFractionDigits: value < 10 ? 1 : 0 })} ${unit}`;
  };
  // The whole area takes the file; once there is one, it is named and what was wrong before is not said any more.
  document.addEventListener("change", (event) => {
    const area = event.target.matches?.("input[type=file]") ? event.target.closest(".drop") : null;
    if (!area) return;
    const [file] = event.target.files;
    const chosen = find(".chosen", area);
    chosen.hidden = !file;
    chosen.textContent = file ? `${file.name}, ${sizeOf(file.size)}` : "";
    if (!file) return;
    event.target.removeAttribute("aria-invalid");
    for (const old of event.target.form.querySelectorAll(".error, [data-error-summary]")) old.remove();
  });

  // --- the session ends by itself: say it two minutes before, so that nothing typed is lost (WCAG 2.2.1) ---
  const WARNING_S = 120;
  const warnBeforeTheEnd = () => {
    const left = Number(document.body.dataset.sessionLeft);
    if (left > WARNING_S)
      setTimeout(() => notify({
        testo: "Tra 2 minuti dovrai entrare di nuovo. Salva adesso quello che stai scrivendo.", tipo: "err",
      }), (left - WARNING_S) * 1000);
  };

  // --- what is shown once to be copied: data-copy names the field ---
  const copy = (button) => {
    const field = document.getElementById(button.dataset.copy);
    field.select();
    // Over an unencrypted line the browser lends no clipboard: the text is selected, ready for Ctrl-C.
    navigator.clipboard?.writeText(field.value).then(() => {
      find("span", button).textContent = "copiato";
      announce("Copiato negli appunti");
    }, () => {});
  };

  // --- text to be fetched and copied: <a href="page with it" data-copy-from="address" data-copied="sentence"> ---
  // Where the browser does not let us (no encryption, no permission) the link leads to the page, as without script.
  const copyFrom = (link) => {
    const text = fetch(link.dataset.copyFrom).then((answer) => answer.ok ? answer.text() : Promise.reject(answer.status));
    const item = new ClipboardItem({ "text/plain": text.then((body) => new Blob([body], { type: "text/plain" })) });
    return navigator.clipboard.write([item]).then(
      () => notify({ testo: link.dataset.copied }),
      () => { location.href = link.href; },
    );
  };

  const focusErrors = () => find("[data-error-summary]")?.focus();

  document.addEventListener("click", (event) => {
    const theme = event.target.closest("[data-theme-set]");
    if (theme) setTheme(theme.dataset.themeSet);
    if (event.target.closest("[data-theme-toggle]")) setTheme(isDark() ? "light" : "dark");
    if (event.target.closest("[data-pause]")) togglePause();
    const source = event.target.closest("[data-copy-from]");
    if (source && navigator.clipboard && window.ClipboardItem) { event.preventDefault(); copyFrom(source); }
    const copying = event.target.closest("[data-copy]");
    if (copying) copy(copying);
    event.target.closest("[data-close]")?.closest(".toast").remove();
  });
  document.addEventListener("htmx:after:swap", (event) => {
    announceChanges();
    showPause();
    // The answer to a form that was sent; not one that comes while somebody corrects what the summary names.
    if (event.detail.ctx?.sourceEvent?.type === "submit") focusErrors();
  });
  document.addEventListener("DOMContentLoaded", () => {
    states = readStates();
    document.querySelectorAll(".toast").forEach(expire);
    focusErrors();
    askSoon();
    warnBeforeTheEnd();
  });
})();
