#include "symbol/symbol_ansible.h"

#include <string.h>

/*
 * Variables in "{{ }}": the first word, where it is a plain name. Where it is
 * set cannot be told for sure: facts, registered results, -e.
 */

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool
is_word(char c)
{
	return is_letter(c) || (c >= '0' && c <= '9');
}

/* Names that Ansible or Jinja have themselves. */
static bool
is_own(const char *p, size_t len)
{
	static const char *const names[] = { "item", "inventory_hostname",
		"inventory_hostname_short", "hostvars", "groups", "group_names",
		"play_hosts", "omit", "lookup", "query", "q", "role_path",
		"role_name", "playbook_dir", "inventory_dir", "inventory_file",
		"environment", "true", "false", "True", "False", "none", "None",
		"not", "range", "now", "loop", "vars", "undef", "if", "dict",
		"namespace", "lipsum", "discovered_interpreter_python" };
	size_t i;

	if (len >= 8 && memcmp(p, "ansible_", 8) == 0)
		return true;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == len && memcmp(p, names[i], len) == 0)
			return true;
	return false;
}

static size_t
skip_blanks(const char *p, size_t len, size_t i)
{
	while (i < len &&
	    (p[i] == ' ' || p[i] == '\n' || p[i] == '\t' || p[i] == '-' ||
		p[i] == '('))
		i++;
	return i;
}

static void
add_variable(struct gv_symbol_writer *w, const char *p, size_t len)
{
	const bool has_default = memmem(p, len, "default(", 8) ||
	    memmem(p, len, "d(", 2) || memmem(p, len, "is defined", 10);
	size_t from = skip_blanks(p, len, 0), end = from;

	while (end < len && is_word(p[end]))
		end++;
	if (end == from || !is_letter(p[from]) || is_own(p + from, end - from))
		return;
	if (end < len && (p[end] == '(' || p[end] == '='))
		return;
	w->line = gv_symbol_line_at(w->doc, (size_t)(p - w->doc->text) + from);
	gv_symbol_take_bytes(w, p + from, end - from);
	gv_symbol_refer_name(w, GV_SYMBOL_EDGE_ANSIBLE_VAR,
	    GV_SYMBOL_SPACE_ANSIBLE_VAR,
	    GV_SYMBOL_ELSEWHERE | (has_default ? GV_SYMBOL_OPTIONAL : 0));
}

/* The next text in quotes, [*from, end); *at is behind it. */
static bool
take_quoted(struct gv_symbol_writer *w, const char *p, size_t len, size_t *at)
{
	size_t i = *at, from;
	char quote;

	while (i < len && (p[i] == ' ' || p[i] == ',' || p[i] == '\\'))
		i++;
	if (i == len || (p[i] != '\'' && p[i] != '"'))
		return false;
	quote = p[i++];
	for (from = i; i < len && p[i] != quote; i++)
		;
	if (i == len)
		return false;
	gv_symbol_take_bytes(w, p + from, i - from);
	*at = i + 1;
	return true;
}

/* lookup('file', 'x.pub') */
static void
add_lookups(struct gv_symbol_writer *w, const char *p, size_t len)
{
	static const char word[] = "lookup(";
	const char *found = p;
	const char *folder;
	size_t at;

	while ((found = memmem(found, len - (size_t)(found - p), word,
		    strlen(word))) != NULL) {
		found += strlen(word);
		at = (size_t)(found - p);
		if (!take_quoted(w, p, len, &at))
			continue;
		if (gv_symbol_text_is(w, "file") ||
		    gv_symbol_text_is(w, "ansible.builtin.file") ||
		    gv_symbol_text_is(w, "unvault"))
			folder = GV_SYMBOL_ANSIBLE_FILES;
		else if (gv_symbol_text_is(w, "template") ||
		    gv_symbol_text_is(w, "ansible.builtin.template"))
			folder = GV_SYMBOL_ANSIBLE_TEMPLATES;
		else
			continue;
		w->line =
		    gv_symbol_line_at(w->doc, (size_t)(p - w->doc->text) + at);
		if (!take_quoted(w, p, len, &at))
			continue;
		while (at < len && p[at] == ' ')
			at++;
		/* lookup('file', 'keys/' + name) */
		if (at < len && (p[at] == '+' || p[at] == '~'))
			gv_buf_addstr(&w->text, "{{ }}");
		gv_symbol_ansible_file(
		    w, GV_SYMBOL_EDGE_ANSIBLE_FILE, folder, 0);
	}
}

void
gv_symbol_ansible_names(struct gv_symbol_writer *w, uint32_t node)
{
	const struct gv_doc *doc = w->doc;
	const uint32_t last = doc->nodes[node].next;
	uint32_t i;

	for (i = node; i < last; i++) {
		const struct gv_doc_node *n = &doc->nodes[i];
		const char *p = doc->text + n->at, *end = p + n->len, *close;

		if (n->kind != GV_DOC_SCALAR && n->kind != GV_DOC_CODE)
			continue;
		while ((p = memmem(p, (size_t)(end - p), "{{", 2)) != NULL) {
			p += 2;
			close = memmem(p, (size_t)(end - p), "}}", 2);
			close = close ? close : end;
			add_variable(w, p, (size_t)(close - p));
			add_lookups(w, p, (size_t)(close - p));
			p = close;
		}
	}
}

void
gv_symbol_ansible_file(struct gv_symbol_writer *w, enum gv_symbol_edge edge,
    const char *folder, unsigned flags)
{
	static const char *const made[] = { ".war", ".jar", ".ear", ".zip",
		".gz", ".tgz", ".bz2", ".xz", ".rpm", ".deb" };
	static const char *const own[] = { "{{ role_path }}/",
		"{{role_path}}/" };
	size_t i, n;

	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (gv_symbol_text_begins(w, own[i])) {
			n = strlen(own[i]) - 3;
			memcpy(w->text.p, "../", 3);
			memmove(w->text.p + 3, w->text.p + n + 3,
			    w->text.len - n - 3);
			gv_buf_truncate(&w->text, w->text.len - n);
		}
	if (w->text.len == 0 || w->text.p[0] == '/' || w->text.p[0] == '~' ||
	    memmem(w->text.p, w->text.len, "://", 3) ||
	    memchr(w->text.p, '\n', w->text.len))
		return;
	if (w->text.p[w->text.len - 1] == '/')
		flags |= GV_SYMBOL_FOLDER;
	/* what is built, or fetched, before */
	for (i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		if (gv_symbol_text_ends(w, made[i]))
			flags |= GV_SYMBOL_ELSEWHERE;
	gv_buf_addstr(&w->extra, folder);
	gv_symbol_refer_path(w, edge, flags);
}
