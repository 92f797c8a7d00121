#include "symbol/symbol_ansible.h"

#include <string.h>

#include "base/map.h"

/*
 * Inventories, in INI and in YAML: groups, hosts, what a group has. Names only:
 * what a host is reached with is nobody's business. And ansible.cfg, for the
 * paths in it.
 */

#define DEPTH_MOST 32 /* of groups in groups */

/* ---- INI ----------------------------------------------------------------- */

/* web[01:20] is web*. Whether there is such a range. */
static bool
fold_range(struct gv_symbol_writer *w)
{
	char *open = memchr(w->text.p, '[', w->text.len);
	const char *close = open
	    ? memchr(open, ']', w->text.len - (size_t)(open - w->text.p))
	    : NULL;
	const size_t from = close ? (size_t)(close + 1 - w->text.p) : 0;

	if (close == NULL)
		return false;
	*open++ = '*';
	memmove(open, close + 1, w->text.len - from);
	gv_buf_truncate(
	    &w->text, (size_t)(open - w->text.p) + w->text.len - from);
	return true;
}

/* The group of `text`, defined once for all of its sections. */
static uint32_t
group(struct gv_symbol_writer *w, struct gv_map *groups)
{
	void *found = gv_map_get(groups, w->text.p, w->text.len);
	uint32_t id;

	if (found)
		return (uint32_t)(uintptr_t)found - 1;
	id = gv_symbol_define(w, GV_SYMBOL_SPACE_ANSIBLE_GROUP, 0);
	return id;
}

static void
add_host(struct gv_symbol_writer *w)
{
	gv_symbol_define(w, GV_SYMBOL_SPACE_ANSIBLE_HOST,
	    fold_range(w) ? GV_SYMBOL_PATTERN : 0);
}

static void
add_variable(struct gv_symbol_writer *w)
{
	/* how a host is reached: nothing refers to it */
	if (!gv_symbol_text_begins(w, "ansible_"))
		gv_symbol_define(w, GV_SYMBOL_SPACE_ANSIBLE_VAR, 0);
}

static void
add_child(struct gv_symbol_writer *w)
{
	gv_symbol_refer_name(
	    w, GV_SYMBOL_EDGE_ANSIBLE_HOSTS, GV_SYMBOL_SPACE_ANSIBLE_GROUP, 0);
}

/* The first word of a line, without the port behind it. */
static bool
take_host(struct gv_symbol_writer *w, uint32_t node)
{
	const struct gv_doc *doc = w->doc;
	const size_t from = doc->nodes[node].key_at;
	size_t end = from, depth = 0, i;

	while (end < doc->len && !strchr(" \t\r\n#", doc->text[end]))
		end++;
	for (i = from; i < end; i++) {
		depth += doc->text[i] == '[';
		depth -= doc->text[i] == ']' && depth;
		if (doc->text[i] == ':' && depth == 0)
			end = i;
	}
	w->line = gv_symbol_line(doc, node);
	gv_symbol_take_bytes(w, doc->text + from, end - from);
	return end > from;
}

/* [name], [name:children], [name:vars] */
static void
of_section(struct gv_symbol_writer *w, uint32_t section, struct gv_map *groups)
{
	void (*fn)(struct gv_symbol_writer *) = add_host;
	const char *key = w->doc->text + w->doc->nodes[section].key_at;
	size_t n = w->doc->nodes[section].key_len;
	const char *sign = memchr(key, ':', n);
	uint32_t i;

	if (n == 0)
		return;
	if (sign) {
		const size_t rest = n - (size_t)(sign - key);

		if (rest == 9 && memcmp(sign, ":children", 9) == 0)
			fn = add_child;
		else if (rest == 5 && memcmp(sign, ":vars", 5) == 0)
			fn = add_variable;
		n = (size_t)(sign - key);
	}
	w->line = gv_symbol_line(w->doc, section);
	gv_symbol_take_bytes(w, key, n);
	w->in = group(w, groups);
	if (w->in != GV_SYMBOL_NONE && gv_map_get(groups, key, n) == NULL &&
	    gv_map_put(groups, key, n, (void *)((uintptr_t)w->in + 1)) < 0)
		w->out->failed = true;
	for (i = gv_symbol_first(w, section); i != GV_DOC_NONE;
	     i = gv_symbol_next(w, section, i))
		if (fn == add_host ? take_host(w, i) : gv_symbol_take_key(w, i))
			fn(w);
	w->in = GV_SYMBOL_NONE;
}

void
gv_symbol_ansible_inventory(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root)
{
	struct gv_map groups = GV_MAP_INIT;
	struct gv_symbol_writer w;
	uint32_t i;

	/* a program that prints an inventory */
	if (doc->len > 2 && memcmp(doc->text, "#!", 2) == 0)
		return;
	gv_symbol_writer_init(&w, out, doc);
	for (i = gv_symbol_first(&w, root); i != GV_DOC_NONE;
	     i = gv_symbol_next(&w, root, i)) {
		if (gv_symbol_is_map(&w, i))
			of_section(&w, i, &groups);
		else if (take_host(&w, i))
			add_host(&w);
	}
	gv_symbol_writer_release(&w);
	gv_map_release(&groups);
}

/* ---- YAML ---------------------------------------------------------------- */

/* Whether a map is a group: it has nothing but hosts, children and vars. */
static bool
is_group(struct gv_symbol_writer *w, uint32_t map, bool *has_members)
{
	uint32_t i;

	if (!gv_symbol_is_map(w, map))
		return !gv_symbol_is_list(w, map) && !gv_symbol_take(w, map);
	for (i = gv_symbol_first(w, map); i != GV_DOC_NONE;
	     i = gv_symbol_next(w, map, i)) {
		const bool is_vars = gv_doc_key_is(w->doc, i, "vars");
		const bool is_known = is_vars ||
		    gv_doc_key_is(w->doc, i, "hosts") ||
		    gv_doc_key_is(w->doc, i, "children");

		if (!is_known || gv_symbol_take(w, i) ||
		    gv_symbol_is_list(w, i))
			return false;
		*has_members |= !is_vars;
	}
	return true;
}

static void
add_keys(struct gv_symbol_writer *w, uint32_t map,
    void (*fn)(struct gv_symbol_writer *))
{
	uint32_t i;

	if (!gv_symbol_is_map(w, map))
		return;
	for (i = gv_symbol_first(w, map); i != GV_DOC_NONE;
	     i = gv_symbol_next(w, map, i))
		if (gv_symbol_take_key(w, i))
			fn(w);
}

/* Host variables are variables, too. */
static void
add_hosts(struct gv_symbol_writer *w, uint32_t hosts)
{
	uint32_t i;

	add_keys(w, hosts, add_host);
	if (!gv_symbol_is_map(w, hosts))
		return;
	for (i = gv_symbol_first(w, hosts); i != GV_DOC_NONE;
	     i = gv_symbol_next(w, hosts, i))
		add_keys(w, i, add_variable);
}

static void
add_group(struct gv_symbol_writer *w, uint32_t node, unsigned depth)
{
	const uint32_t outer = w->in;
	const uint32_t children = gv_doc_get(w->doc, node, "children");
	uint32_t i;

	if (!gv_symbol_take_key(w, node) || depth > DEPTH_MOST)
		return;
	w->in = GV_SYMBOL_NONE;
	w->in = gv_symbol_define(w, GV_SYMBOL_SPACE_ANSIBLE_GROUP, 0);
	add_hosts(w, gv_doc_get(w->doc, node, "hosts"));
	add_keys(w, gv_doc_get(w->doc, node, "vars"), add_variable);
	add_keys(w, children, add_child);
	if (gv_symbol_is_map(w, children))
		for (i = gv_symbol_first(w, children); i != GV_DOC_NONE;
		     i = gv_symbol_next(w, children, i))
			add_group(w, i, depth + 1);
	w->in = outer;
}

bool
gv_symbol_ansible_groups(struct gv_symbol_writer *w, uint32_t root)
{
	bool has_members = false;
	uint32_t i;

	if (!gv_symbol_is_map(w, root))
		return false;
	for (i = gv_symbol_first(w, root); i != GV_DOC_NONE;
	     i = gv_symbol_next(w, root, i))
		if (!is_group(w, i, &has_members))
			return false;
	if (!has_members)
		return false;
	for (i = gv_symbol_first(w, root); i != GV_DOC_NONE;
	     i = gv_symbol_next(w, root, i))
		add_group(w, i, 0);
	return true;
}

/* ---- ansible.cfg --------------------------------------------------------- */

/* Each path of a list; of "label@path" the path. */
static void
add_paths(struct gv_symbol_writer *w, uint32_t node, char sign, unsigned flags)
{
	struct gv_buf all = GV_BUF_INIT;
	const char *p, *end, *next, *at;

	if (!gv_symbol_scalar(&all, w->doc, node))
		goto out;
	w->line = gv_symbol_line(w->doc, node);
	for (p = all.p; p < all.p + all.len; p = next) {
		end = memchr(p, sign, all.len - (size_t)(p - all.p));
		end = end ? end : all.p + all.len;
		next = end + 1;
		at = memchr(p, '@', (size_t)(end - p));
		p = at ? at + 1 : p;
		while (p < end && *p == ' ')
			p++;
		while (end > p && end[-1] == ' ')
			end--;
		if (p < end && *p != '/' && *p != '~' && *p != '$' &&
		    *p != '%') {
			gv_symbol_take_bytes(w, p, (size_t)(end - p));
			gv_symbol_refer_path(
			    w, GV_SYMBOL_EDGE_ANSIBLE_CONFIG, flags);
		}
	}
out:
	w->out->failed |= all.failed;
	gv_buf_release(&all);
}

void
gv_symbol_ansible_config(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root)
{
	static const struct {
		const char *key;
		char sign;
		unsigned flags;
	} keys[] = {
		{ "inventory", ',', 0 },
		{ "hostfile", ',', 0 },
		{ "vault_password_file", '\n', 0 },
		{ "vault_identity_list", ',', 0 },
		{ "private_key_file", '\n', GV_SYMBOL_ELSEWHERE },
		{ "roles_path", ':', GV_SYMBOL_FOLDER | GV_SYMBOL_OPTIONAL },
		{ "collections_path", ':',
		    GV_SYMBOL_FOLDER | GV_SYMBOL_OPTIONAL },
		{ "collections_paths", ':',
		    GV_SYMBOL_FOLDER | GV_SYMBOL_OPTIONAL },
		{ "library", ':', GV_SYMBOL_FOLDER | GV_SYMBOL_OPTIONAL },
		{ "module_utils", ':', GV_SYMBOL_FOLDER | GV_SYMBOL_OPTIONAL },
		{ "action_plugins", ':',
		    GV_SYMBOL_FOLDER | GV_SYMBOL_OPTIONAL },
		{ "callback_plugins", ':',
		    GV_SYMBOL_FOLDER | GV_SYMBOL_OPTIONAL },
		{ "filter_plugins", ':',
		    GV_SYMBOL_FOLDER | GV_SYMBOL_OPTIONAL },
		{ "lookup_plugins", ':',
		    GV_SYMBOL_FOLDER | GV_SYMBOL_OPTIONAL },
		{ "strategy_plugins", ':',
		    GV_SYMBOL_FOLDER | GV_SYMBOL_OPTIONAL },
	};
	const uint32_t defaults = gv_doc_get(doc, root, "defaults");
	struct gv_symbol_writer w;
	size_t i;

	gv_symbol_writer_init(&w, out, doc);
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		add_paths(&w, gv_doc_get(doc, defaults, keys[i].key),
		    keys[i].sign, keys[i].flags);
	gv_symbol_writer_release(&w);
}
