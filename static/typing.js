// What a person has typed is not lost: not to an answer that comes late, to a link, to a session that has ended.
(() => {
  "use strict";
  const find = (selector, root = document) => root.querySelector(selector);
  const findAll = (selector, root = document) => [...root.querySelectorAll(selector)];
  const notify = (testo) => document.dispatchEvent(new CustomEvent("avviso", { detail: { testo } }));
  const CONTROLS = "input, textarea, select";
  const FORMS = 'main form[method="post"]:not([data-upload])';
  const keyOf = (form) => form.id || form.getAttribute("action");

  // --- chips: Enter adds one; it stands there at once, and the server's answer changes nothing in the field ---
  // <div class="chips"><template>one chip, empty</template><input></div>
  const CHIP_FIELD = ".chips > input:not([type=hidden])";
  const addChip = (input) => {
    const box = input.parentElement;
    const value = input.value.trim();
    input.value = "";
    const there = findAll("input[type=hidden]", box);
    if (!value || there.some((one) => one.value === value)) return;
    const chip = find("template", box).content.firstElementChild.cloneNode(true);
    find("input", chip).value = value;
    find("span", chip).textContent = value;
    const button = find("button", chip);
    button.value += there.length;
    button.setAttribute("aria-label", `Togli ${value}`);
    input.before(chip);
  };
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || !event.target.matches?.(CHIP_FIELD)) return;
    event.preventDefault();
    if (event.target.value.trim()) event.target.dispatchEvent(new Event("change", { bubbles: true }));
  });
  // Before htmx reads the form: it sends what stands in the chips.
  document.addEventListener("change", (event) => {
    if (event.target.matches?.(CHIP_FIELD)) addChip(event.target);
  }, true);

  // --- a condition of a filter that counts, once its value is typed, no longer says what it lacked ---
  document.addEventListener("htmx:after:swap", () => {
    for (const error of findAll(".cond > .error")) {
      const condition = error.parentElement;
      const count = find(".n", condition).textContent.trim();
      if (!count || count === "non conta") continue;
      findAll("[aria-invalid]", condition).forEach((one) => {
        one.removeAttribute("aria-invalid");
        one.removeAttribute("aria-describedby");
      });
      error.remove();
    }
  });

  // --- answers that come late: what was edited after they were asked for is put back, with caret and scroll ---
  const unsaved = new Set(); // keys of the forms somebody has typed in
  let edits = 0;
  const edited = new Map(); // id of a control → number of its last edit
  const note = (event) => {
    const control = event.target;
    if (!control.matches?.(CONTROLS)) return;
    if (control.id) edited.set(control.id, ++edits);
    const form = control.closest(FORMS);
    if (form) unsaved.add(keyOf(form));
  };
  document.addEventListener("input", note, true);
  document.addEventListener("change", note, true);

  const stateOf = (control) => ({
    id: control.id, name: control.name, value: control.value, checked: control.checked,
    caret: control.selectionStart === undefined ? null : [control.selectionStart, control.selectionEnd],
  });
  const setCaret = (control, caret) => {
    try { if (caret && caret[0] !== null) control.setSelectionRange(...caret); } catch { /* a date has none */ }
  };
  const putBack = (state) => {
    const control = document.getElementById(state.id);
    if (!control || control.name !== state.name || control.type === "file" || control.type === "hidden") return;
    if (control.type === "checkbox" || control.type === "radio") control.checked = state.checked;
    else if (control.value !== state.value) control.value = state.value;
  };
  const asked = new WeakMap(); // request → number of the last edit it could know of
  const before = new WeakMap(); // answer → what stood in the page when it came
  document.addEventListener("htmx:config:request", (event) => asked.set(event.detail.ctx, edits));
  document.addEventListener("htmx:before:swap", (event) => {
    const since = asked.get(event.detail.ctx) ?? edits;
    const late = [...edited].filter(([, number]) => number > since).map(([id]) => document.getElementById(id));
    const active = document.activeElement;
    before.set(event.detail.ctx, {
      late: late.filter((control) => control?.matches(CONTROLS)).map(stateOf),
      focus: active?.id ? stateOf(active) : null,
      scroll: [window.scrollX, window.scrollY],
    });
  });
  document.addEventListener("htmx:after:swap", (event) => {
    const was = before.get(event.detail.ctx);
    if (!was) return;
    before.delete(event.detail.ctx);
    was.late.forEach(putBack);
    const focused = was.focus && document.getElementById(was.focus.id);
    if (focused && was.late.some(({ id }) => id === was.focus.id)) {
      focused.focus({ preventScroll: true });
      setCaret(focused, was.focus.caret);
      window.scrollTo(...was.scroll);
    } else if (focused && document.activeElement === document.body) focused.focus({ preventScroll: true });
  });

  // --- leaving: a form somebody has typed in asks first, unless it is being sent ---
  let isLeaving = false;
  const openForms = () => findAll(FORMS).filter((form) => unsaved.has(keyOf(form)));
  window.addEventListener("beforeunload", (event) => {
    if (isLeaving || !openForms().length) return;
    event.preventDefault();
    event.returnValue = ""; // what older browsers look at
  });
  window.addEventListener("pageshow", () => { isLeaving = false; });

  // --- the session has ended: the form waits in this tab, and comes back after signing in ---
  // Nothing secret is kept, and nothing longer than an hour; another person's pages do not get it.
  const KEPT = "platea-modulo", LONGEST_MS = 3_600_000;
  const here = location.pathname + location.search;
  const who = () => document.body.dataset.who ?? "";
  const isKept = ({ name, type, autocomplete }) =>
    name && name !== "csrf_token" && !["password", "file", "submit", "button"].includes(type) &&
    autocomplete !== "one-time-code";
  const fieldsOf = (form) => {
    const names = new Set([...form.elements].filter(isKept).map(({ name }) => name));
    return [...new FormData(form)].filter(([name, value]) => names.has(name) && typeof value === "string");
  };
  const keep = (forms, isLost) => {
    if (!who() || !forms.length) return;
    const kept = { page: here, who: who(), at: Date.now(), isLost, forms: forms.map((one) => [keyOf(one), fieldsOf(one)]) };
    try { sessionStorage.setItem(KEPT, JSON.stringify(kept)); } catch { /* no room, or not allowed */ }
  };
  const readKept = () => {
    try { return JSON.parse(sessionStorage.getItem(KEPT)); } catch { return null; }
  };
  const forget = () => { try { sessionStorage.removeItem(KEPT); } catch { /* there is none */ } };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || !form.matches(FORMS)) return;
    keep([form], false);
    if (unsaved.has(keyOf(form))) isLeaving = true;
  });
  document.addEventListener("htmx:after:request", (event) => {
    const { response, sourceElement } = event.detail.ctx;
    if (response?.status === 401) keep(openForms(), true);
    if (response?.headers?.has("HX-Redirect")) isLeaving = true;
    const form = sourceElement?.closest?.(FORMS);
    if (form && response?.status === 204) unsaved.delete(keyOf(form));
  });

  // Controls that are there take their value; others may come with an answer that a value asks for.
  const fill = (form, fields) => {
    const values = new Map();
    for (const [name, value] of fields) values.set(name, [...(values.get(name) ?? []), value]);
    for (const control of form.elements) {
      if (!isKept(control) || control.type === "hidden" || control.dataset.filled) continue;
      const wanted = values.get(control.name) ?? [];
      if (control.type === "checkbox" || control.type === "radio") {
        if (control.checked === wanted.includes(control.value)) continue;
        control.checked = !control.checked;
      } else {
        const [value] = values.has(control.name) ? wanted.splice(0, 1) : [undefined];
        if (value === undefined || control.value === value) continue;
        control.value = value;
        if (control.value !== value) continue; // a choice that is not there yet
      }
      control.dataset.filled = "";
      control.dispatchEvent(new Event("input", { bubbles: true }));
      control.dispatchEvent(new Event("change", { bubbles: true }));
    }
  };
  // <form data-again="refresh">: the server makes the form from what was typed, rows and all.
  const makeAgain = async (form, fields) => {
    const body = new URLSearchParams(fields.filter(([name]) => !["spazio", "do"].includes(name)));
    for (const name of ["csrf_token", "spazio"]) body.append(name, form.elements[name]?.value ?? "");
    body.append("do", form.dataset.again);
    const answer = await fetch(form.action, { method: "POST", body, headers: { "HX-Request": "true" } });
    if (!answer.ok) return;
    const parent = form.parentElement;
    form.outerHTML = await answer.text();
    window.htmx?.process(parent);
  };
  const giveBack = async () => {
    const kept = readKept();
    if (!kept) return;
    if (!who()) { // a page before the session: it is lost indeed
      sessionStorage.setItem(KEPT, JSON.stringify({ ...kept, isLost: true }));
      for (const field of findAll('input[name="dopo"]')) field.value ||= kept.page;
      const said = find("[data-kept]");
      if (said) said.hidden = false;
      return;
    }
    const [person] = kept.who.split("/");
    const isMine = who().split("/")[0] === person && Date.now() - kept.at < LONGEST_MS;
    if (!kept.isLost || !isMine) { forget(); return; }
    if (kept.page !== here || kept.who !== who()) return; // on the way back
    forget();
    for (const [key, fields] of kept.forms) {
      const form = findAll('main form[method="post"]').find((one) => keyOf(one) === key);
      if (!form) continue;
      unsaved.add(key);
      if (form.dataset.again) { await makeAgain(form, fields); continue; }
      const again = () => {
        const now = findAll('main form[method="post"]').find((one) => keyOf(one) === key);
        if (now) fill(now, fields);
      };
      again();
      document.addEventListener("htmx:after:settle", again);
      setTimeout(() => document.removeEventListener("htmx:after:settle", again), 10_000);
    }
    notify(find('main form[data-upload]')
      ? "Abbiamo rimesso quello che avevi scritto. Scegli di nuovo il file."
      : "Abbiamo rimesso quello che stavi scrivendo: controlla e continua.");
  };
  document.addEventListener("DOMContentLoaded", giveBack);
})();
