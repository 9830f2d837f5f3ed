// Drill-down of the report. Old JavaScript on purpose: it must run on the browser of an old office PC.
(function () {
  "use strict";
  var data = JSON.parse(document.getElementById("data").textContent);
  var word = data.kata, box = document.getElementById("isi"), crumbs = document.getElementById("jejak");
  var byCode = {}, LEVEL = { 0: 2, 2: 4, 4: 6, 6: 10 };
  // Columns of a region row: [key, index, heading]; persons per register follow at index 10.
  var columns = [["orang", 2], ["usang", 3], ["ganda", 4], ["bayar", 5], ["identitas", 6], ["kritis", 7], ["mungkin", 9]];
  var sorted = { index: 3, down: true };
  data.wilayah.forEach(function (row) { byCode[row[0]] = row; });

  function number(n) {
    var mark = document.documentElement.lang === "id" ? "." : ",";
    return String(n).replace(/\B(?=(\d{3})+(?!\d))/g, mark);
  }
  function make(tag, text, className) {
    var node = document.createElement(tag);
    if (text !== undefined && text !== null) { node.textContent = text; }
    if (className) { node.className = className; }
    return node;
  }
  function children(code) {
    var digits = LEVEL[code.length];
    return data.wilayah.filter(function (row) {
      return row[0].length === digits && row[0].slice(0, code.length) === code;
    });
  }
  function go(code) { window.location.hash = "w" + code; }
  function name(code) { return byCode[code] ? byCode[code][1] : code; }

  function showCrumbs(code) {
    crumbs.textContent = "";
    var path = [""].concat([2, 4, 6, 10].filter(function (n) { return n <= code.length; }).map(function (n) { return code.slice(0, n); }));
    path.forEach(function (part, i) {
      if (i) { crumbs.appendChild(make("span", "›")); }
      var label = part ? name(part) : word.negara;
      if (i === path.length - 1) { crumbs.appendChild(make("b", label)); return; }
      var link = make("a", label);
      link.href = "#w" + part;
      crumbs.appendChild(link);
    });
  }

  function showRegions(code) {
    var rows = children(code);
    if (!rows.length) { box.appendChild(make("p", code.length === 6 ? word.dipotong : word.kosong, "hint")); return; }
    var table = make("table"), head = make("tr"), body = make("tbody"), top = make("thead");
    function heading(text, index, className) {
      var th = make("th", text, className + " sort" + (sorted.index === index ? " on" : ""));
      th.onclick = function () { sorted = { index: index, down: sorted.index === index ? !sorted.down : index > 1 }; show(); };
      head.appendChild(th);
    }
    heading(word.wilayah, 1, "");
    columns.forEach(function (c) { heading(word[c[0]], c[1], "r"); });
    data.reg.forEach(function (label, i) { heading(label, 10 + i, "r" + (i ? "" : " grp")); });
    top.appendChild(head); table.appendChild(top);
    rows.sort(function (a, b) {
      var x = a[sorted.index], y = b[sorted.index], way = sorted.down ? -1 : 1;
      return x < y ? -way : x > y ? way : a[0] < b[0] ? -1 : 1;
    });
    var most = Math.max.apply(null, rows.map(function (row) { return row[3]; })) || 1;
    rows.forEach(function (row) {
      var tr = make("tr", null, "go");
      tr.onclick = function () { go(row[0]); };
      tr.appendChild(make("td", row[1]));
      columns.forEach(function (c) {
        var value = row[c[1]], td = make("td", null, "r");
        if (c[0] === "usang" && value) {
          var bar = make("span", "", "bar");
          bar.style.width = Math.max(2, Math.round(60 * value / most)) + "px";
          td.appendChild(bar);
        }
        td.appendChild(document.createTextNode(c[1] >= 8 ? (value ? "Rp" + number(value) : "–") : number(value)));
        tr.appendChild(td);
      });
      data.reg.forEach(function (_label, i) { tr.appendChild(make("td", number(row[10 + i]), "r" + (i ? "" : " grp"))); });
      body.appendChild(tr);
    });
    table.appendChild(body);
    box.appendChild(table);
  }

  function part(title, text, className) {
    var div = make("div", null, className);
    div.appendChild(make("b", title));
    div.appendChild(document.createTextNode(text));
    return div;
  }
  function showFamilies(code) {
    var found = data.desa[code];
    if (!found) { box.appendChild(make("p", word.kosong, "hint")); return; }
    var text = found.n > found.r.length ? word.semua : word.lengkap;
    text = text.replace("{shown}", number(found.r.length)).replace("{total}", number(found.n)).replace("{code}", code);
    box.appendChild(make("p", text, "hint"));
    found.r.forEach(function (f) {
      var card = make("div", null, "fam"), h = make("h3"), cols = make("div", null, "cols");
      card.style.borderLeftColor = data.warna[f[2]];
      h.appendChild(make("span", data.tingkat[f[2]], "sev s" + f[2]));
      h.appendChild(document.createTextNode(" " + f[0]));
      h.appendChild(make("small", [f[1], f[3].join(", "), word.peluang + " " + String(f[7]).replace(".", document.documentElement.lang === "id" ? "," : "."), f[8] ? "Rp" + number(f[8]) : ""].filter(Boolean).join(" · ")));
      cols.appendChild(part(word.siapa, f[4], "w"));
      var wrong = part(word.masalah, "", "m");
      f[5].split("\n").forEach(function (line) {
        wrong.appendChild(make("p", line, line.slice(0, 2) === "– " ? "e" : ""));
      });
      cols.appendChild(wrong);
      cols.appendChild(part(word.tindakan, f[6].map(function (i) { return data.tindakan[i]; }).join("\n"), "w"));
      card.appendChild(h); card.appendChild(cols);
      box.appendChild(card);
    });
  }

  function show() {
    var match = /^#w(\d*)$/.exec(window.location.hash);
    if (!match && box.firstChild) { return; }
    var code = match ? match[1] : start();
    box.textContent = "";
    showCrumbs(code);
    if (code.length === 10) { showFamilies(code); } else { showRegions(code); }
    if (match) { document.getElementById("wilayah").scrollIntoView(); }
  }
  function start() {  // the first level with a choice to make
    var code = "", next = children(code);
    while (next.length === 1 && next[0][0].length < 10) { code = next[0][0]; next = children(code); }
    return code;
  }
  window.onhashchange = show;
  show();
})();
