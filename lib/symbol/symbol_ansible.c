#include "symbol/symbol_ansible.h"

#include <string.h>

/*
 * Ansible: playbooks, tasks, what a role needs, requirements, variables. A file
 * of YAML is taken for one of these by what stands in it, as any name may be
 * that of a playbook.
 */

#define DEPTH_MOST 32 /* of blocks in blocks */
#define LOOKED_AT  20 /* of a list, to see what it is one of */

static bool
has(const struct gv_symbol_writer *w, uint32_t map, const char *key)
{
	return gv_doc_get(w->doc, map, key) != GV_DOC_NONE;
}

/* The value of a module's key, by its short or its whole name. */
static uint32_t
module(const struct gv_symbol_writer *w, uint32_t task, const char *name)
{
	static const char *const prefixes[] = { "", "ansible.builtin.",
		"ansible.legacy." };
	char key[64];
	uint32_t found = GV_DOC_NONE;
	size_t i, n;

	for (i = 0; i < 3 && found == GV_DOC_NONE; i++) {
		n = strlen(prefixes[i]);
		memcpy(key, prefixes[i], n);
		memcpy(key + n, name, strlen(name) + 1);
		found = gv_doc_get(w->doc, task, key);
	}
	return found;
}

/* ---- names of hosts and roles -------------------------------------------- */

/* One name of a pattern of hosts: without "!" and "&", without [0]. */
static void
add_host(struct gv_symbol_writer *w, const char *p, size_t len)
{
	const char *open;

	while (len && strchr("!& ", *p)) {
		p++;
		len--;
	}
	while (len && p[len - 1] == ' ')
		len--;
	open = memchr(p, '[', len);
	len = open ? (size_t)(open - p) : len;
	if (len == 0 || *p == '~')
		return;
	gv_symbol_take_bytes(w, p, len);
	if (gv_symbol_text_is(w, "all") || gv_symbol_text_is(w, "localhost") ||
	    gv_symbol_text_is(w, "ungrouped") || gv_symbol_text_is(w, "*") ||
	    gv_symbol_text_is(w, "127.0.0.1"))
		return;
	gv_symbol_refer_name(w, GV_SYMBOL_EDGE_ANSIBLE_HOSTS,
	    GV_SYMBOL_SPACE_ANSIBLE_GROUP,
	    GV_SYMBOL_ELSEWHERE |
		(memchr(p, '*', len) ? GV_SYMBOL_PATTERN : 0));
}

/* "web:db:!old", "a,b"; what is computed is one name. */
static void
add_hosts(struct gv_symbol_writer *w, uint32_t node)
{
	struct gv_buf all = GV_BUF_INIT;
	size_t from = 0, depth = 0, i;

	if (!gv_symbol_scalar(&all, w->doc, node))
		goto out;
	w->line = gv_symbol_line(w->doc, node);
	for (i = 0; i <= all.len; i++) {
		const char c = i < all.len ? all.p[i] : ',';

		if (c == '{' || c == '[')
			depth++;
		else if ((c == '}' || c == ']') && depth)
			depth--;
		else if ((c == ':' || c == ',' || c == '\n') && depth == 0) {
			add_host(w, all.p + from, i - from);
			from = i + 1;
		}
	}
out:
	w->out->failed |= all.failed;
	gv_buf_release(&all);
}

/* `text` is the name of a role: one of the tree, of Galaxy ("author.role"), of
 * a collection ("a.b.role"), or a path. */
static void
refer_role(struct gv_symbol_writer *w, enum gv_symbol_edge edge)
{
	const unsigned flags =
	    memchr(w->text.p, '.', w->text.len) ? GV_SYMBOL_ELSEWHERE : 0;

	if (w->text.p[0] == '/' || w->text.p[0] == '~')
		return;
	if (memmem(w->text.p, w->text.len, "://", 3) ||
	    gv_symbol_text_begins(w, "git@") ||
	    gv_symbol_text_begins(w, "git+"))
		gv_symbol_refer_source(w, edge, 0);
	else if (w->text.p[0] == '.' ||
	    gv_symbol_text_begins(w, "{{ playbook_dir }}/"))
		gv_symbol_refer_path(w, edge, GV_SYMBOL_FOLDER);
	else
		gv_symbol_refer_name(
		    w, edge, GV_SYMBOL_SPACE_ANSIBLE_ROLE, flags);
}

/* "name", {role: name}, {name: name}, {src: …} */
static void
add_role(struct gv_symbol_writer *w, uint32_t item, enum gv_symbol_edge edge)
{
	if (gv_symbol_is_map(w, item) ? gv_symbol_take_of(w, item, "role") ||
		    gv_symbol_take_of(w, item, "name") ||
		    gv_symbol_take_of(w, item, "src")
				      : gv_symbol_take(w, item))
		refer_role(w, edge);
}

static void
add_roles(struct gv_symbol_writer *w, uint32_t list, enum gv_symbol_edge edge)
{
	uint32_t i;

	for (i = gv_symbol_first(w, list); i != GV_DOC_NONE;
	     i = gv_symbol_next(w, list, i))
		add_role(w, i, edge);
}

/* ---- variables ----------------------------------------------------------- */

static void
define_keys(struct gv_symbol_writer *w, uint32_t map)
{
	uint32_t i;

	if (!gv_symbol_is_map(w, map))
		return;
	for (i = gv_symbol_first(w, map); i != GV_DOC_NONE;
	     i = gv_symbol_next(w, map, i))
		if (gv_symbol_take_key(w, i))
			gv_symbol_define(w, GV_SYMBOL_SPACE_ANSIBLE_VAR, 0);
}

static void
define_value(struct gv_symbol_writer *w, uint32_t map, const char *key)
{
	if (gv_symbol_take_of(w, map, key))
		gv_symbol_define(w, GV_SYMBOL_SPACE_ANSIBLE_VAR, 0);
}

/* ---- tasks --------------------------------------------------------------- */

/* "x.yml a=b", "src=x dest=y": the file alone is left. Whether there is one. */
static bool
cut_arguments(struct gv_symbol_writer *w, const char *key)
{
	const size_t n = strlen(key);
	const char *p = w->text.p, *end;
	size_t depth = 0, i, from = 0;

	if (key[0]) {
		end = memmem(p, w->text.len, key, n);
		if (end == NULL || (end > p && end[-1] != ' '))
			return false;
		from = (size_t)(end - p) + n;
	}
	for (i = from; i < w->text.len; i++) {
		depth += p[i] == '{';
		depth -= p[i] == '}' && depth;
		if ((p[i] == ' ' || p[i] == '\n') && depth == 0)
			break;
	}
	memmove(w->text.p, w->text.p + from, i - from);
	gv_buf_truncate(&w->text, i - from);
	return w->text.len > 0;
}

/* A module that takes a file in `key`, or by itself. */
struct file_module {
	const char *name, *key, *folder;
	enum gv_symbol_edge edge;
	bool is_free; /* its text is the file, not "key=file" */
};

static const struct file_module file_modules[] = {
	{ "template", "src", GV_SYMBOL_ANSIBLE_TEMPLATES,
	    GV_SYMBOL_EDGE_ANSIBLE_FILE, false },
	{ "win_template", "src", GV_SYMBOL_ANSIBLE_TEMPLATES,
	    GV_SYMBOL_EDGE_ANSIBLE_FILE, false },
	{ "ansible.windows.win_template", "src", GV_SYMBOL_ANSIBLE_TEMPLATES,
	    GV_SYMBOL_EDGE_ANSIBLE_FILE, false },
	{ "copy", "src", GV_SYMBOL_ANSIBLE_FILES, GV_SYMBOL_EDGE_ANSIBLE_FILE,
	    false },
	{ "win_copy", "src", GV_SYMBOL_ANSIBLE_FILES,
	    GV_SYMBOL_EDGE_ANSIBLE_FILE, false },
	{ "ansible.windows.win_copy", "src", GV_SYMBOL_ANSIBLE_FILES,
	    GV_SYMBOL_EDGE_ANSIBLE_FILE, false },
	{ "unarchive", "src", GV_SYMBOL_ANSIBLE_FILES,
	    GV_SYMBOL_EDGE_ANSIBLE_FILE, false },
	{ "assemble", "src", GV_SYMBOL_ANSIBLE_FILES,
	    GV_SYMBOL_EDGE_ANSIBLE_FILE, false },
	{ "synchronize", "src", GV_SYMBOL_ANSIBLE_FILES,
	    GV_SYMBOL_EDGE_ANSIBLE_FILE, false },
	{ "script", "cmd", GV_SYMBOL_ANSIBLE_FILES, GV_SYMBOL_EDGE_ANSIBLE_FILE,
	    true },
	{ "include_vars", "file", GV_SYMBOL_ANSIBLE_VARS,
	    GV_SYMBOL_EDGE_ANSIBLE_FILE, true },
	{ "include_vars", "dir", GV_SYMBOL_ANSIBLE_VARS,
	    GV_SYMBOL_EDGE_ANSIBLE_FILE, true },
	{ "include_tasks", "file", GV_SYMBOL_ANSIBLE_TASKS,
	    GV_SYMBOL_EDGE_ANSIBLE_INCLUDE, true },
	{ "import_tasks", "file", GV_SYMBOL_ANSIBLE_TASKS,
	    GV_SYMBOL_EDGE_ANSIBLE_INCLUDE, true },
	{ "include", "file", GV_SYMBOL_ANSIBLE_TASKS,
	    GV_SYMBOL_EDGE_ANSIBLE_INCLUDE, true },
};

#define N_FILE_MODULES (sizeof(file_modules) / sizeof(file_modules[0]))

static void
add_file(struct gv_symbol_writer *w, uint32_t task, const struct file_module *m)
{
	const uint32_t node = module(w, task, m->name);
	char key[16];

	if (node == GV_DOC_NONE ||
	    gv_symbol_switch_is(w, node, "remote_src", true))
		return;
	if (gv_symbol_is_map(w, node)) {
		if (!gv_symbol_take_of(w, node, m->key))
			return;
	} else {
		memcpy(key, m->key, strlen(m->key));
		memcpy(key + strlen(m->key), "=", 2);
		if (!gv_symbol_take(w, node) ||
		    memmem(w->text.p, w->text.len, "remote_src=", 11))
			return;
		/* "file=x" and "x" are the same */
		if (!cut_arguments(w, key) &&
		    (!m->is_free || strcmp(m->key, "dir") == 0 ||
			!cut_arguments(w, "")))
			return;
	}
	if (strcmp(m->key, "cmd") == 0 && !cut_arguments(w, ""))
		return;
	/* the whole name is a variable: nothing is known of it */
	if (gv_symbol_text_begins(w, "{{") &&
	    memmem(w->text.p, w->text.len, "}}", 2) ==
		w->text.p + w->text.len - 2)
		return;
	gv_symbol_ansible_file(w, m->edge, m->folder,
	    strcmp(m->key, "dir") == 0 ? GV_SYMBOL_FOLDER : 0);
}

/* with_file: [a, b], and with_fileglob: a pattern. */
static void
add_loops(struct gv_symbol_writer *w, uint32_t task)
{
	static const char *const keys[] = { "with_file", "with_fileglob" };
	uint32_t list, i;
	size_t k;

	for (k = 0; k < 2; k++) {
		list = gv_doc_get(w->doc, task, keys[k]);
		for (i = gv_symbol_first(w, list); i != GV_DOC_NONE;
		     i = gv_symbol_next(w, list, i))
			if (gv_symbol_take(w, i) &&
			    !gv_symbol_text_begins(w, "{{"))
				gv_symbol_ansible_file(w,
				    GV_SYMBOL_EDGE_ANSIBLE_FILE,
				    GV_SYMBOL_ANSIBLE_FILES,
				    k ? GV_SYMBOL_OPTIONAL : 0);
	}
}

/* include_role: {name: x, tasks_from: y} */
static void
add_included_role(struct gv_symbol_writer *w, uint32_t task, const char *name)
{
	const uint32_t node = module(w, task, name);

	if (node == GV_DOC_NONE)
		return;
	if (!gv_symbol_is_map(w, node)) {
		if (gv_symbol_take(w, node) && cut_arguments(w, "name="))
			refer_role(w, GV_SYMBOL_EDGE_ANSIBLE_ROLE);
		return;
	}
	if (gv_symbol_take_of(w, node, "tasks_from"))
		gv_buf_add(&w->extra, w->text.p, w->text.len);
	add_role(w, node, GV_SYMBOL_EDGE_ANSIBLE_ROLE);
	gv_buf_reset(&w->extra);
}

static void of_tasks(struct gv_symbol_writer *w, uint32_t list, unsigned depth);

static void
of_task(struct gv_symbol_writer *w, uint32_t task, unsigned depth)
{
	static const char *const blocks[] = { "block", "rescue", "always" };
	size_t i;

	if (!gv_symbol_is_map(w, task))
		return;
	for (i = 0; i < N_FILE_MODULES; i++)
		add_file(w, task, &file_modules[i]);
	add_included_role(w, task, "include_role");
	add_included_role(w, task, "import_role");
	add_loops(w, task);
	define_value(w, task, "register");
	define_keys(w, module(w, task, "set_fact"));
	define_keys(w, gv_doc_get(w->doc, task, "vars"));
	define_value(w, gv_doc_get(w->doc, task, "loop_control"), "loop_var");
	for (i = 0; i < 3; i++)
		of_tasks(w, gv_doc_get(w->doc, task, blocks[i]), depth + 1);
}

static void
of_tasks(struct gv_symbol_writer *w, uint32_t list, unsigned depth)
{
	uint32_t i;

	if (depth > DEPTH_MOST || !gv_symbol_is_list(w, list))
		return;
	for (i = gv_symbol_first(w, list); i != GV_DOC_NONE;
	     i = gv_symbol_next(w, list, i))
		of_task(w, i, depth);
}

/* ---- plays --------------------------------------------------------------- */

/* A list of names, of which one may be a list: the first that is there. */
static void
add_var_files(struct gv_symbol_writer *w, uint32_t list)
{
	uint32_t i, k;

	for (i = gv_symbol_first(w, list); i != GV_DOC_NONE;
	     i = gv_symbol_next(w, list, i))
		for (k = gv_symbol_first(w, i); k != GV_DOC_NONE;
		     k = gv_symbol_next(w, i, k))
			if (gv_symbol_take(w, k))
				gv_symbol_ansible_file(w,
				    GV_SYMBOL_EDGE_ANSIBLE_FILE,
				    GV_SYMBOL_ANSIBLE_VARS,
				    gv_symbol_is_list(w, i) ? GV_SYMBOL_OPTIONAL
							    : 0);
}

/* A playbook of a collection has no ending: community.x.setup */
static void
add_playbook(struct gv_symbol_writer *w, uint32_t node)
{
	if (!gv_symbol_take(w, node) || !cut_arguments(w, ""))
		return;
	if (gv_symbol_text_ends(w, ".yml") || gv_symbol_text_ends(w, ".yaml") ||
	    memchr(w->text.p, '/', w->text.len))
		gv_symbol_ansible_file(
		    w, GV_SYMBOL_EDGE_ANSIBLE_INCLUDE, "", 0);
	else if (memchr(w->text.p, '{', w->text.len) == NULL)
		gv_symbol_refer_external(
		    w, GV_SYMBOL_EDGE_ANSIBLE_INCLUDE, "playbook", 0);
}

static void
of_play(struct gv_symbol_writer *w, uint32_t play)
{
	static const char *const lists[] = { "pre_tasks", "tasks", "post_tasks",
		"handlers" };
	const uint32_t hosts = gv_doc_get(w->doc, play, "hosts");
	uint32_t prompts, i;
	size_t k;

	add_playbook(w, module(w, play, "import_playbook"));
	if (hosts == GV_DOC_NONE) {
		if (has(w, play, "include"))
			add_playbook(w, gv_doc_get(w->doc, play, "include"));
		return;
	}
	if (gv_symbol_take_of(w, play, "name") ||
	    gv_symbol_take_of(w, play, "hosts")) {
		w->line = gv_symbol_line(w->doc, play);
		w->in = gv_symbol_define(w, GV_SYMBOL_SPACE_ANSIBLE_PLAY, 0);
	}
	for (i = gv_symbol_first(w, hosts); i != GV_DOC_NONE;
	     i = gv_symbol_next(w, hosts, i))
		add_hosts(w, i);
	define_keys(w, gv_doc_get(w->doc, play, "vars"));
	prompts = gv_doc_get(w->doc, play, "vars_prompt");
	for (i = gv_symbol_first(w, prompts); i != GV_DOC_NONE;
	     i = gv_symbol_next(w, prompts, i))
		define_value(w, i, "name");
	add_var_files(w, gv_doc_get(w->doc, play, "vars_files"));
	add_roles(
	    w, gv_doc_get(w->doc, play, "roles"), GV_SYMBOL_EDGE_ANSIBLE_ROLE);
	for (k = 0; k < 4; k++)
		of_tasks(w, gv_doc_get(w->doc, play, lists[k]), 0);
	gv_symbol_ansible_names(w, play);
	w->in = GV_SYMBOL_NONE;
}

/* ---- what a role or a project needs -------------------------------------- */

/* {name: x, src: …, version: v} of requirements.yml */
static void
add_requirement(struct gv_symbol_writer *w, uint32_t item, const char *scheme)
{
	if (gv_symbol_is_map(w, item)) {
		if (gv_symbol_take_of(w, item, "version"))
			gv_buf_add(&w->extra, w->text.p, w->text.len);
		if (!gv_symbol_take_of(w, item, "name") &&
		    !gv_symbol_take_of(w, item, "src") &&
		    !gv_symbol_take_of(w, item, "role")) {
			gv_buf_reset(&w->extra);
			return;
		}
	} else if (!gv_symbol_take(w, item)) {
		return;
	}
	if (memmem(w->text.p, w->text.len, "://", 3))
		gv_symbol_refer_source(
		    w, GV_SYMBOL_EDGE_ANSIBLE_ROLE_DEPENDENCY, 0);
	else
		gv_symbol_refer_external(
		    w, GV_SYMBOL_EDGE_ANSIBLE_ROLE_DEPENDENCY, scheme, 0);
}

static void
add_requirements(struct gv_symbol_writer *w, uint32_t list, const char *scheme)
{
	uint32_t i;

	if (!gv_symbol_is_list(w, list))
		return;
	for (i = gv_symbol_first(w, list); i != GV_DOC_NONE;
	     i = gv_symbol_next(w, list, i))
		add_requirement(w, i, scheme);
}

/* ---- which of these a file is -------------------------------------------- */

enum form { NO_FORM, PLAYS, TASKS, REQUIREMENTS };

/* What one of a list says the list is. */
static enum form
form_of(const struct gv_symbol_writer *w, uint32_t item)
{
	static const char *const keys[] = { "block", "register", "become",
		"notify", "listen", "with_items", "delegate_to", "no_log",
		"changed_when", "failed_when", "ignore_errors", "local_action",
		"when" };
	static const char *const modules[] = { "include_tasks", "import_tasks",
		"include_role", "import_role", "include_vars", "set_fact",
		"template", "copy", "file", "shell", "command", "debug",
		"service", "systemd", "package", "apt", "yum", "dnf", "assert",
		"lineinfile", "user", "get_url", "uri", "stat", "fail",
		"script", "unarchive", "pip", "git" };
	size_t i;

	if (!gv_symbol_is_map(w, item))
		return NO_FORM;
	if (module(w, item, "import_playbook") != GV_DOC_NONE ||
	    (has(w, item, "hosts") &&
		(has(w, item, "tasks") || has(w, item, "roles") ||
		    has(w, item, "gather_facts") || has(w, item, "become") ||
		    has(w, item, "name") || has(w, item, "vars_files") ||
		    has(w, item, "pre_tasks") || has(w, item, "vars") ||
		    has(w, item, "handlers") || has(w, item, "user") ||
		    has(w, item, "remote_user"))))
		return PLAYS;
	if (has(w, item, "src") && !has(w, item, "dest") &&
	    (has(w, item, "version") || has(w, item, "name")))
		return REQUIREMENTS;
	for (i = 0; i < sizeof(modules) / sizeof(modules[0]); i++)
		if (module(w, item, modules[i]) != GV_DOC_NONE &&
		    (has(w, item, "name") || i < 5))
			return TASKS;
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (has(w, item, keys[i]) && has(w, item, "name"))
			return TASKS;
	return has(w, item, "block") ? TASKS : NO_FORM;
}

static void
of_list(struct gv_symbol_writer *w, uint32_t root)
{
	enum form form = NO_FORM;
	uint32_t i;
	size_t n;

	for (i = gv_symbol_first(w, root), n = 0;
	     i != GV_DOC_NONE && form == NO_FORM && n < LOOKED_AT;
	     i = gv_symbol_next(w, root, i), n++) {
		form = form_of(w, i);
		/* "- include: x.yml" in a list of plays, or of tasks */
		if (form == NO_FORM && !gv_symbol_is_map(w, i))
			return;
	}
	if (form == REQUIREMENTS)
		add_requirements(w, root, "role");
	else if (form == TASKS) {
		of_tasks(w, root, 0);
		gv_symbol_ansible_names(w, root);
	} else if (form == PLAYS)
		for (i = gv_symbol_first(w, root); i != GV_DOC_NONE;
		     i = gv_symbol_next(w, root, i))
			of_play(w, i);
}

/* The variables of group_vars, host_vars, defaults and vars. */
static void
of_variables(struct gv_symbol_writer *w, uint32_t root)
{
	uint32_t i;

	for (i = gv_symbol_first(w, root); i != GV_DOC_NONE;
	     i = gv_symbol_next(w, root, i)) {
		if (!gv_symbol_take_key(w, i))
			continue;
		w->in = GV_SYMBOL_NONE;
		w->in = gv_symbol_define(w, GV_SYMBOL_SPACE_ANSIBLE_VAR,
		    gv_symbol_clear_is_sealed(w->doc, i) ? GV_SYMBOL_SEALED
							 : 0);
		gv_symbol_ansible_names(w, i);
	}
	w->in = GV_SYMBOL_NONE;
	gv_symbol_clear(w->out, w->doc, root);
}

/* What a chart of Helm needs stands in a file of its own where it is old. */
static bool
is_chart(const struct gv_symbol_writer *w, uint32_t needs)
{
	uint32_t i;

	if (!gv_symbol_is_list(w, needs))
		return false;
	for (i = gv_doc_first(w->doc, needs); i != GV_DOC_NONE;
	     i = gv_doc_next(w->doc, i))
		if (gv_symbol_is_map(w, i) && has(w, i, "repository"))
			return true;
	return false;
}

/* A map: requirements, what a role is, an inventory. Whether it is one. */
static bool
of_map(struct gv_symbol_writer *w, uint32_t root)
{
	const uint32_t roles = gv_doc_get(w->doc, root, "roles");
	const uint32_t collections = gv_doc_get(w->doc, root, "collections");
	const uint32_t needs = gv_doc_get(w->doc, root, "dependencies");

	if (has(w, root, "apiVersion") || has(w, root, "Resources"))
		return true;
	if (is_chart(w, needs)) {
		gv_symbol_helm_chart(w->out, w->doc, root);
		return true;
	}
	if (has(w, root, "galaxy_info") ||
	    (w->doc->nodes[root].index == 0 && gv_symbol_is_list(w, needs) &&
		gv_doc_next(w->doc, gv_doc_first(w->doc, root)) ==
		    GV_DOC_NONE)) {
		add_roles(w, needs, GV_SYMBOL_EDGE_ANSIBLE_ROLE_DEPENDENCY);
		return true;
	}
	if (gv_symbol_is_list(w, collections) || gv_symbol_is_list(w, roles)) {
		uint32_t i;

		for (i = gv_symbol_first(w, root); i != GV_DOC_NONE;
		     i = gv_symbol_next(w, root, i))
			if (!gv_doc_key_is(w->doc, i, "roles") &&
			    !gv_doc_key_is(w->doc, i, "collections"))
				return false;
		add_requirements(w, roles, "role");
		add_requirements(w, collections, "collection");
		return true;
	}
	return gv_symbol_ansible_groups(w, root);
}

void
gv_symbol_ansible(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root)
{
	struct gv_symbol_writer w;

	gv_symbol_writer_init(&w, out, doc);
	if (gv_symbol_is_list(&w, root))
		of_list(&w, root);
	else if (gv_symbol_is_map(&w, root))
		of_map(&w, root);
	gv_symbol_writer_release(&w);
}

void
gv_symbol_ansible_folder(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root)
{
	struct gv_symbol_writer w;

	gv_symbol_writer_init(&w, out, doc);
	if (gv_symbol_is_list(&w, root))
		of_list(&w, root);
	else if (gv_symbol_is_map(&w, root) && !of_map(&w, root))
		of_variables(&w, root);
	gv_symbol_writer_release(&w);
}
