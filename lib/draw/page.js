(function () {
	"use strict";
	var $ = function (s) { return document.querySelector(s); };
	var all = function (s, at) {
		return Array.prototype.slice.call((at || document).querySelectorAll(s));
	};
	var view = $(".view"), svg = $(".view svg"), panel = $("aside"), found = $("output");
	var whole = svg.getAttribute("viewBox").split(" ").map(Number), at = whole.slice();
	var boxes = all(".box", svg).map(function (g) {
		return {
			g: g, id: Number(g.dataset.n), group: g.dataset.group, title: g.dataset.title,
			where: g.dataset.where, note: g.dataset.note, alert: g.dataset.alert, entry: $("#l" + g.dataset.n),
			text: "", out: [], into: []
		};
	});
	var arrows = all(".arrow", svg).map(function (g) {
		var a = {
			g: g, from: boxes[Number(g.dataset.from)], to: boxes[Number(g.dataset.to)],
			kinds: g.dataset.kinds.split(" "), says: g.dataset.says
		};
		a.from.out.push(a);
		a.to.into.push(a);
		return a;
	});
	var here = null, hits = [], next = 0;

	boxes.forEach(function (b) {
		b.text = (b.where + "/" + b.title + " " + b.note + " " + b.alert + " " +
			(b.entry ? b.entry.textContent : "")).toLowerCase();
	});

	// the part of the picture that shows
	function show() {
		svg.setAttribute("viewBox", at.join(" "));
	}
	function fit() {
		at = whole.slice();
		show();
	}
	function zoom(by, x, y) {
		var w = Math.min(Math.max(at[2] * by, 120), whole[2] * 4), k = w / at[2];
		at = [x - (x - at[0]) * k, y - (y - at[1]) * k, w, at[3] * k];
		show();
	}
	function point(e) {
		var m = svg.getScreenCTM().inverse(), p = svg.createSVGPoint();
		p.x = e.clientX;
		p.y = e.clientY;
		return p.matrixTransform(m);
	}
	function centre(b) {
		var r = b.g.getBBox(), x = r.x + r.width / 2, y = r.y + r.height / 2;
		at = [x - at[2] / 2, y - at[3] / 2, at[2], at[3]];
		show();
	}

	// what a box reaches, and what reaches it
	function walk(start, way, end, name) {
		var todo = [start], seen = {};
		seen[start.id] = true;
		while (todo.length) {
			todo.pop()[way].forEach(function (a) {
				if (a.g.classList.contains("off"))
					return;
				a.g.classList.add(name);
				if (seen[a[end].id])
					return;
				seen[a[end].id] = true;
				a[end].g.classList.add(name);
				todo.push(a[end]);
			});
		}
	}
	function clear() {
		here = null;
		boxes.concat(arrows).forEach(function (b) {
			b.g.classList.remove("up", "down", "here", "dim");
		});
		panel.hidden = true;
	}
	function select(b) {
		clear();
		here = b;
		b.g.classList.add("here");
		walk(b, "out", "to", "down");
		walk(b, "into", "from", "up");
		boxes.concat(arrows).forEach(function (o) {
			var c = o.g.classList;
			if (!c.contains("up") && !c.contains("down") && !c.contains("here"))
				c.add("dim");
		});
		tell(b);
	}

	// the panel: text alone, never markup
	function add(parent, tag, text) {
		var e = document.createElement(tag);
		e.textContent = text;
		parent.appendChild(e);
		return e;
	}
	function list(head, some, end) {
		var ul;
		if (!some.length)
			return;
		add(panel, "h3", head);
		ul = add(panel, "ul", "");
		some.forEach(function (a) {
			var li = add(ul, "li", ""), b = add(li, "button", a[end].title);
			b.addEventListener("click", function () {
				select(a[end]);
				centre(a[end]);
			});
			add(li, "small", " " + a.says);
		});
	}
	function tell(b) {
		var ul;
		panel.textContent = "";
		add(panel, "h2", b.title);
		add(panel, "p", [b.where, b.note, b.alert, b.group].filter(Boolean).join(" · "));
		list("depends on", b.out, "to");
		list("is used by", b.into, "from");
		if (b.entry) {
			add(panel, "h3", "contains");
			ul = add(panel, "ul", "");
			all("li", b.entry).forEach(function (li) { add(ul, "li", li.textContent); });
		}
		panel.hidden = false;
	}

	// filters and search
	function filter() {
		var groups = {}, kinds = {};
		all("input[name=group]").forEach(function (i) { groups[i.value] = i.checked; });
		all("input[name=kind]").forEach(function (i) { kinds[i.value] = i.checked; });
		boxes.forEach(function (b) {
			b.g.classList.toggle("off", b.group !== "" && groups[b.group] === false);
		});
		arrows.forEach(function (a) {
			var shown = a.kinds.some(function (k) { return kinds[k.split(".")[0]] !== false; });
			a.g.classList.toggle("off", !shown || a.from.g.classList.contains("off") ||
				a.to.g.classList.contains("off"));
		});
		if (here)
			select(here);
	}
	function search() {
		var want = $("#q").value.trim().toLowerCase();
		next = 0;
		hits = want ? boxes.filter(function (b) { return b.text.indexOf(want) >= 0; }) : [];
		clear();
		boxes.forEach(function (b) {
			var is = hits.indexOf(b) >= 0;
			b.g.classList.toggle("hit", is);
			b.g.classList.toggle("dim", want !== "" && !is);
		});
		arrows.forEach(function (a) { a.g.classList.toggle("dim", want !== ""); });
		found.textContent = want ? hits.length + " found" : "";
	}

	$(".tools").hidden = false;
	document.body.classList.add("live");
	all("input[type=checkbox]").forEach(function (i) { i.addEventListener("change", filter); });
	$("#q").addEventListener("input", search);
	$("#q").addEventListener("keydown", function (e) {
		if (e.key !== "Enter" || !hits.length)
			return;
		select(hits[next % hits.length]);
		centre(hits[next++ % hits.length]);
	});
	$("#fit").addEventListener("click", function () { clear(); fit(); });
	$("#in").addEventListener("click", function () { zoom(0.75, at[0] + at[2] / 2, at[1] + at[3] / 2); });
	$("#out").addEventListener("click", function () { zoom(1.33, at[0] + at[2] / 2, at[1] + at[3] / 2); });
	boxes.forEach(function (b) {
		b.g.addEventListener("keydown", function (e) {
			if (e.key === "Enter")
				select(b);
		});
	});
	view.addEventListener("wheel", function (e) {
		var p = point(e);
		e.preventDefault();
		zoom(Math.pow(1.0015, e.deltaY), p.x, p.y);
	}, { passive: false });
	(function () {
		var from = null, moved = false;
		view.addEventListener("pointerdown", function (e) {
			from = { x: e.clientX, y: e.clientY, at: at.slice() };
			moved = false;
		});
		view.addEventListener("pointermove", function (e) {
			var k;
			if (!from)
				return;
			if (!moved && Math.abs(e.clientX - from.x) + Math.abs(e.clientY - from.y) < 5)
				return;
			moved = true;
			view.classList.add("drag");
			k = 1 / svg.getScreenCTM().a;
			at = [from.at[0] - (e.clientX - from.x) * k, from.at[1] - (e.clientY - from.y) * k,
				at[2], at[3]];
			show();
		});
		window.addEventListener("pointerup", function () {
			from = null;
			view.classList.remove("drag");
		});
		view.addEventListener("click", function (e) {
			var g = e.target.closest(".box");
			if (moved)
				return;
			if (g)
				select(boxes[Number(g.dataset.n)]);
			else
				clear();
		});
	}());
	// page.html#12 opens with the box of that number selected
	(function () {
		var b = boxes[Number(location.hash.slice(1))];
		if (location.hash && b)
			select(b);
	}());
	document.addEventListener("keydown", function (e) {
		if (e.key === "Escape") {
			$("#q").value = "";
			search();
		}
		if (e.key === "/" && e.target.tagName !== "INPUT") {
			e.preventDefault();
			$("#q").focus();
		}
	});
}());
