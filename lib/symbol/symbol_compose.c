#include "symbol/symbol_writer.h"

#include <string.h>

/*
 * Compose: services, and what they share: volumes, networks, secrets, configs.
 * Files that are merged into one project define names together, so that names
 * are known to a folder.
 */

#define MERGES_MOST 8 /* maps merged into maps */

typedef void item_fn(struct gv_symbol_writer *w, uint32_t item);

/* The values of a map, with those of the maps that are merged into it. */
static void
each_value(
    struct gv_symbol_writer *w, uint32_t map, item_fn *fn, unsigned depth)
{
	uint32_t i, merged;

	for (i = gv_symbol_first(w, map); i != GV_DOC_NONE;
	     i = gv_symbol_next(w, map, i))
		fn(w, i);
	merged = w->doc->n_marks && depth < MERGES_MOST
	    ? gv_doc_get(w->doc, map, "<<")
	    : GV_DOC_NONE;
	if (merged == GV_DOC_NONE)
		return;
	if (!gv_symbol_is_list(w, merged)) {
		each_value(w, merged, fn, depth + 1);
		return;
	}
	for (i = gv_symbol_first(w, merged); i != GV_DOC_NONE;
	     i = gv_symbol_next(w, merged, i))
		each_value(w, i, fn, depth + 1);
}

static void
each(struct gv_symbol_writer *w, uint32_t service, const char *key, item_fn *fn)
{
	const uint32_t list = gv_doc_get(w->doc, service, key);

	if (list != GV_DOC_NONE)
		each_value(w, list, fn, 0);
}

/* The name of one of a list of names, or of a map with names as keys. */
static bool
take_name(struct gv_symbol_writer *w, uint32_t item)
{
	return w->doc->nodes[item].key_len ? gv_symbol_take_key(w, item)
					   : gv_symbol_take(w, item);
}

static unsigned
optional_unless_required(const struct gv_symbol_writer *w, uint32_t item)
{
	return gv_symbol_switch_is(w, item, "required", false)
	    ? GV_SYMBOL_OPTIONAL
	    : 0;
}

/* ---- paths --------------------------------------------------------------- */

/* Where "SOURCE:TARGET" ends its source: a ':' outside of "${X:-…}". */
static size_t
source_end(const struct gv_buf *text)
{
	size_t i, depth = 0;

	for (i = 0; i < text->len; i++) {
		if (text->p[i] == '{')
			depth++;
		else if (text->p[i] == '}' && depth)
			depth--;
		else if (text->p[i] == ':' && depth == 0)
			break;
	}
	return i;
}

/* Whether the last part of a path has an ending, as files have. */
static bool
has_ending(const struct gv_buf *path)
{
	const char *slash = memrchr(path->p, '/', path->len);
	const char *name = slash ? slash + 1 : path->p;
	const size_t len = path->len - (size_t)(name - path->p);
	const char *dot = memrchr(name, '.', len);

	return dot && dot > name && dot + 1 < name + len;
}

/* Keys and certificates, and what a machine has for itself: seldom in a
 * repository. */
static bool
is_of_machine(const struct gv_symbol_writer *w)
{
	static const char *const endings[] = { "/.env", ".local", "local.env",
		".pem", ".key", ".crt", ".p12", ".pfx", ".jks", ".sock", ".log",
		".db", ".sqlite" };
	size_t i;

	for (i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		if (gv_symbol_text_ends(w, endings[i]))
			return true;
	return gv_symbol_text_is(w, ".env");
}

/* A path that may be in the repository: not one of the host, nor one of which
 * nothing is known. */
static bool
is_of_tree(const struct gv_symbol_writer *w)
{
	return w->text.len && w->text.p[0] != '/' && w->text.p[0] != '~' &&
	    w->text.p[0] != '$' && w->text.p[0] != '\\' &&
	    !memmem(w->text.p, w->text.len, "://", 3);
}

/* What a service mounts: a path, or the name of a volume. Docker makes a folder
 * that is not there. */
static void
add_source(struct gv_symbol_writer *w)
{
	const bool is_path = w->text.p[0] == '.' || w->text.p[0] == '/' ||
	    w->text.p[0] == '~' || w->text.p[0] == '$' ||
	    memchr(w->text.p, '/', w->text.len);

	if (!is_path)
		gv_symbol_refer_name(w, GV_SYMBOL_EDGE_COMPOSE_VOLUME,
		    GV_SYMBOL_SPACE_COMPOSE_VOLUME, 0);
	else if (is_of_tree(w) || gv_symbol_text_begins(w, "${PWD}/") ||
	    gv_symbol_text_begins(w, "$PWD/")) {
		if (w->text.p[0] == '$') {
			const size_t n = w->text.p[1] == '{' ? 7 : 5;

			memmove(w->text.p, w->text.p + n, w->text.len - n);
			gv_buf_truncate(&w->text, w->text.len - n);
		}
		gv_symbol_refer_path(w, GV_SYMBOL_EDGE_COMPOSE_VOLUME,
		    has_ending(&w->text) && !is_of_machine(w)
			? 0
			: GV_SYMBOL_ELSEWHERE);
	}
}

static void
of_volume(struct gv_symbol_writer *w, uint32_t item)
{
	size_t end;

	if (gv_symbol_is_map(w, item)) {
		const uint32_t type = gv_doc_get(w->doc, item, "type");

		if (type != GV_DOC_NONE && !gv_doc_is(w->doc, type, "bind") &&
		    !gv_doc_is(w->doc, type, "volume"))
			return;
		if (gv_symbol_take_of(w, item, "source"))
			add_source(w);
		return;
	}
	if (!gv_symbol_take(w, item))
		return;
	end = source_end(&w->text);
	if (end == w->text.len) /* a volume without a name */
		return;
	gv_buf_truncate(&w->text, end);
	if (end > 1) /* C:\… of Windows */
		add_source(w);
}

static void
of_env_file(struct gv_symbol_writer *w, uint32_t item)
{
	if (gv_symbol_is_map(w, item) ? gv_symbol_take_of(w, item, "path")
				      : gv_symbol_take(w, item))
		if (is_of_tree(w))
			gv_symbol_refer_path(w, GV_SYMBOL_EDGE_ENV_FILE,
			    optional_unless_required(w, item));
}

/* ---- other services ------------------------------------------------------ */

static void
of_depends_on(struct gv_symbol_writer *w, uint32_t item)
{
	if (take_name(w, item))
		gv_symbol_refer_name(w, GV_SYMBOL_EDGE_COMPOSE_DEPENDS_ON,
		    GV_SYMBOL_SPACE_COMPOSE_SERVICE,
		    optional_unless_required(w, item));
}

/* "SERVICE:ALIAS", "SERVICE:ro" */
static void
of_link(struct gv_symbol_writer *w, uint32_t item)
{
	if (!gv_symbol_take(w, item) || gv_symbol_text_begins(w, "container:"))
		return;
	gv_buf_truncate(&w->text, source_end(&w->text));
	gv_symbol_refer_name(w, GV_SYMBOL_EDGE_COMPOSE_DEPENDS_ON,
	    GV_SYMBOL_SPACE_COMPOSE_SERVICE, 0);
}

/* network_mode: "service:vpn" */
static void
of_mode(struct gv_symbol_writer *w, uint32_t service, const char *key)
{
	static const char word[] = "service:";
	const size_t n = strlen(word);

	if (!gv_symbol_take_of(w, service, key) ||
	    !gv_symbol_text_begins(w, word))
		return;
	memmove(w->text.p, w->text.p + n, w->text.len - n);
	gv_buf_truncate(&w->text, w->text.len - n);
	gv_symbol_refer_name(w, GV_SYMBOL_EDGE_COMPOSE_DEPENDS_ON,
	    GV_SYMBOL_SPACE_COMPOSE_SERVICE, 0);
}

/* extends: {file: base.yml, service: web}, or the name alone */
static void
add_extends(struct gv_symbol_writer *w, uint32_t service)
{
	const uint32_t extends = gv_doc_get(w->doc, service, "extends");

	if (gv_symbol_take_of(w, extends, "service"))
		gv_buf_add(&w->extra, w->text.p, w->text.len);
	if (gv_symbol_take_of(w, extends, "file")) {
		gv_symbol_refer_path(w, GV_SYMBOL_EDGE_COMPOSE_EXTENDS, 0);
		return;
	}
	gv_buf_reset(&w->extra);
	if (gv_symbol_take_of(w, extends, "service") ||
	    gv_symbol_take(w, extends))
		gv_symbol_refer_name(w, GV_SYMBOL_EDGE_COMPOSE_EXTENDS,
		    GV_SYMBOL_SPACE_COMPOSE_SERVICE, 0);
}

static void
of_network(struct gv_symbol_writer *w, uint32_t item)
{
	if (take_name(w, item))
		gv_symbol_refer_name(w, GV_SYMBOL_EDGE_COMPOSE_NETWORK,
		    GV_SYMBOL_SPACE_COMPOSE_NETWORK,
		    gv_symbol_text_is(w, "default") ? GV_SYMBOL_OPTIONAL : 0);
}

static void
add_secret(
    struct gv_symbol_writer *w, uint32_t item, enum gv_symbol_space space)
{
	if (gv_symbol_is_map(w, item) ? gv_symbol_take_of(w, item, "source")
				      : gv_symbol_take(w, item))
		gv_symbol_refer_name(
		    w, GV_SYMBOL_EDGE_COMPOSE_SECRET, space, 0);
}

static void
of_secret(struct gv_symbol_writer *w, uint32_t item)
{
	add_secret(w, item, GV_SYMBOL_SPACE_COMPOSE_SECRET);
}

static void
of_config(struct gv_symbol_writer *w, uint32_t item)
{
	add_secret(w, item, GV_SYMBOL_SPACE_COMPOSE_CONFIG);
}

/* ---- variables ----------------------------------------------------------- */

/* What every shell sets. */
static bool
is_of_shell(const struct gv_symbol_writer *w)
{
	static const char *const names[] = { "HOME", "PWD", "USER", "UID",
		"GID", "HOSTNAME", "COMPOSE_PROJECT_NAME" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (gv_symbol_text_is(w, names[i]))
			return true;
	return false;
}

/* NAME of one that is passed on: OPTIONAL. */
static void
add_variable(struct gv_symbol_writer *w, unsigned flags)
{
	gv_symbol_refer_name(w, GV_SYMBOL_EDGE_COMPOSE_VAR,
	    GV_SYMBOL_SPACE_ENV_VAR,
	    is_of_shell(w) ? GV_SYMBOL_OPTIONAL : flags);
}

/* "NAME=value", "NAME" of a list, NAME: value of a map: the name is given, and
 * one without a value comes from around. */
static void
of_environment(struct gv_symbol_writer *w, uint32_t item)
{
	const char *sign;

	if (!take_name(w, item))
		return;
	sign = memchr(w->text.p, '=', w->text.len);
	if (sign)
		gv_buf_truncate(&w->text, (size_t)(sign - w->text.p));
	gv_symbol_tell(w, GV_SYMBOL_VALUE_COMPOSE_VAR_SET);
	if (w->doc->nodes[item].key_len
		? w->doc->nodes[item].type == GV_DOC_TYPE_NULL
		: sign == NULL)
		add_variable(w, GV_SYMBOL_OPTIONAL);
}

/* ${X}, ${X:-default}, ${X:?message}: one without default may be set in the
 * shell, and is not set otherwise, but for the last form. */
static void
add_variables(struct gv_symbol_writer *w, uint32_t node)
{
	const struct gv_doc_ref *refs;
	size_t n, i;

	refs = gv_doc_refs(w->doc, node, &n);
	for (i = 0; i < n; i++) {
		const char *end = w->doc->text + refs[i].at + refs[i].len;
		unsigned flags = GV_SYMBOL_ELSEWHERE;

		if (refs[i].kind != GV_DOC_REF_VAR)
			continue;
		if (refs[i].at && end[-(ptrdiff_t)refs[i].len - 1] == '{' &&
		    refs[i].at + refs[i].len + 1 < w->doc->len) {
			end += *end == ':';
			if (*end == '-' || *end == '+')
				flags = GV_SYMBOL_OPTIONAL;
			else if (*end == '?')
				flags = 0;
		}
		w->line = gv_symbol_line_at(w->doc, refs[i].at);
		gv_symbol_take_bytes(w, w->doc->text + refs[i].at, refs[i].len);
		add_variable(w, flags);
	}
}

/* ---- build --------------------------------------------------------------- */

static void
of_context(struct gv_symbol_writer *w, uint32_t item)
{
	const char *sign;

	if (!gv_symbol_take(w, item))
		return;
	if (w->doc->nodes[item].key_len == 0) {
		sign = memchr(w->text.p, '=', w->text.len);
		if (sign == NULL)
			return;
		sign++;
		memmove(
		    w->text.p, sign, w->text.len - (size_t)(sign - w->text.p));
		gv_buf_truncate(
		    &w->text, w->text.len - (size_t)(sign - w->text.p));
	}
	if (is_of_tree(w) && !memchr(w->text.p, ':', w->text.len))
		gv_symbol_refer_path(
		    w, GV_SYMBOL_EDGE_COMPOSE_BUILD, GV_SYMBOL_FOLDER);
}

/* The Dockerfile is named from the folder that is built. */
static void
add_dockerfile(
    struct gv_symbol_writer *w, uint32_t build, const struct gv_buf *context)
{
	struct gv_buf path = GV_BUF_INIT;

	if (!gv_symbol_take_of(w, build, "dockerfile") || !is_of_tree(w))
		return;
	gv_buf_add(&path, context->p, context->len);
	if (path.len && path.p[path.len - 1] != '/')
		gv_buf_addch(&path, '/');
	gv_buf_add(&path, w->text.p, w->text.len);
	gv_symbol_take_bytes(w, path.p, path.len);
	w->out->failed |= path.failed;
	gv_buf_release(&path);
	gv_symbol_refer_path(w, GV_SYMBOL_EDGE_COMPOSE_BUILD, 0);
}

static void
add_build(struct gv_symbol_writer *w, uint32_t build)
{
	struct gv_buf context = GV_BUF_INIT;
	bool is_here = true;

	if (build == GV_DOC_NONE)
		return;
	if (gv_symbol_is_map(w, build) ? gv_symbol_take_of(w, build, "context")
				       : gv_symbol_take(w, build)) {
		is_here = is_of_tree(w) && !gv_symbol_text_begins(w, "git@") &&
		    !gv_symbol_text_begins(w, "github.com/");
		gv_buf_add(&context, w->text.p, w->text.len);
		if (is_here)
			gv_symbol_refer_path(
			    w, GV_SYMBOL_EDGE_COMPOSE_BUILD, GV_SYMBOL_FOLDER);
		else if (w->text.p[0] != '/' && w->text.p[0] != '~' &&
		    w->text.p[0] != '$')
			gv_symbol_refer_source(
			    w, GV_SYMBOL_EDGE_COMPOSE_BUILD, 0);
	}
	if (is_here)
		add_dockerfile(w, build, &context);
	each(w, build, "additional_contexts", of_context);
	each(w, build, "secrets", of_secret);
	w->out->failed |= context.failed;
	gv_buf_release(&context);
}

/* ---- the parts of a file ------------------------------------------------- */

static void
of_service(struct gv_symbol_writer *w, uint32_t service)
{
	uint32_t build;

	if (!gv_symbol_take_key(w, service))
		return;
	w->in = gv_symbol_define(w, GV_SYMBOL_SPACE_COMPOSE_SERVICE, 0);
	build = gv_doc_get(w->doc, service, "build");
	if (gv_symbol_take_of(w, service, "image"))
		gv_symbol_refer_image(w, GV_SYMBOL_EDGE_COMPOSE_IMAGE,
		    build == GV_DOC_NONE ? 0 : GV_SYMBOL_OPTIONAL);
	add_build(w, build);
	add_extends(w, service);
	each(w, service, "depends_on", of_depends_on);
	each(w, service, "links", of_link);
	each(w, service, "volumes_from", of_link);
	of_mode(w, service, "network_mode");
	of_mode(w, service, "pid");
	of_mode(w, service, "ipc");
	each(w, service, "networks", of_network);
	each(w, service, "volumes", of_volume);
	each(w, service, "secrets", of_secret);
	each(w, service, "configs", of_config);
	each(w, service, "env_file", of_env_file);
	each(w, service, "environment", of_environment);
	add_variables(w, service);
	w->in = GV_SYMBOL_NONE;
}

/* One of volumes, networks, secrets or configs. */
static void
of_shared(struct gv_symbol_writer *w, uint32_t item, enum gv_symbol_space space)
{
	const uint32_t external = gv_doc_get(w->doc, item, "external");
	const bool is_external = external != GV_DOC_NONE &&
	    !gv_symbol_switch_is(w, item, "external", false);

	if (!gv_symbol_take_key(w, item))
		return;
	w->in =
	    gv_symbol_define(w, space, is_external ? GV_SYMBOL_ELSEWHERE : 0);
	if ((space == GV_SYMBOL_SPACE_COMPOSE_SECRET ||
		space == GV_SYMBOL_SPACE_COMPOSE_CONFIG) &&
	    gv_symbol_take_of(w, item, "file") && is_of_tree(w))
		gv_symbol_refer_path(w, GV_SYMBOL_EDGE_COMPOSE_SECRET,
		    space == GV_SYMBOL_SPACE_COMPOSE_SECRET
			? GV_SYMBOL_ELSEWHERE
			: 0);
	if (space == GV_SYMBOL_SPACE_COMPOSE_SECRET &&
	    gv_symbol_take_of(w, item, "environment"))
		add_variable(w, GV_SYMBOL_ELSEWHERE);
	add_variables(w, item);
	w->in = GV_SYMBOL_NONE;
}

static void
of_include(struct gv_symbol_writer *w, uint32_t item)
{
	const uint32_t path =
	    gv_symbol_is_map(w, item) ? gv_doc_get(w->doc, item, "path") : item;
	uint32_t i;

	for (i = gv_symbol_first(w, path); i != GV_DOC_NONE;
	     i = gv_symbol_next(w, path, i)) {
		if (!gv_symbol_take(w, i))
			continue;
		if (is_of_tree(w))
			gv_symbol_refer_path(
			    w, GV_SYMBOL_EDGE_COMPOSE_INCLUDE, 0);
		else if (memmem(w->text.p, w->text.len, "://", 3))
			gv_symbol_refer_source(
			    w, GV_SYMBOL_EDGE_COMPOSE_INCLUDE, 0);
	}
	each(w, item, "env_file", of_env_file);
}

void
gv_symbol_compose(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root)
{
	static const struct {
		const char *key;
		enum gv_symbol_space space;
	} shared[] = {
		{ "volumes", GV_SYMBOL_SPACE_COMPOSE_VOLUME },
		{ "networks", GV_SYMBOL_SPACE_COMPOSE_NETWORK },
		{ "secrets", GV_SYMBOL_SPACE_COMPOSE_SECRET },
		{ "configs", GV_SYMBOL_SPACE_COMPOSE_CONFIG },
	};
	struct gv_symbol_writer w;
	uint32_t list, i;
	size_t k;

	gv_symbol_writer_init(&w, out, doc);
	w.is_shell = true;
	each(&w, root, "include", of_include);
	for (k = 0; k < sizeof(shared) / sizeof(shared[0]); k++) {
		list = gv_doc_get(doc, root, shared[k].key);
		if (!gv_symbol_is_map(&w, list))
			continue;
		for (i = gv_symbol_first(&w, list); i != GV_DOC_NONE;
		     i = gv_symbol_next(&w, list, i))
			of_shared(&w, i, shared[k].space);
	}
	for (i = gv_symbol_first(&w, root); i != GV_DOC_NONE;
	     i = gv_symbol_next(&w, root, i))
		if (doc->nodes[i].key_len &&
		    doc->text[doc->nodes[i].key_at] == 'x')
			add_variables(&w, i); /* x-…: merged elsewhere */
	list = gv_doc_get(doc, root, "services");
	if (gv_symbol_is_map(&w, list))
		for (i = gv_symbol_first(&w, list); i != GV_DOC_NONE;
		     i = gv_symbol_next(&w, list, i))
			of_service(&w, i);
	gv_symbol_writer_release(&w);
}

/* A file that has services with an image, or with what they are built from,
 * whatever its name: one that `extends` names, a stack. */
void
gv_symbol_compose_other(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root)
{
	const uint32_t services = gv_doc_get(doc, root, "services");
	struct gv_symbol_writer w;
	bool found = false;
	uint32_t i;

	gv_symbol_writer_init(&w, out, doc);
	if (gv_symbol_is_map(&w, services) &&
	    gv_doc_get(doc, root, "apiVersion") == GV_DOC_NONE)
		for (i = gv_symbol_first(&w, services);
		     i != GV_DOC_NONE && !found;
		     i = gv_symbol_next(&w, services, i))
			found = gv_doc_get(doc, i, "image") != GV_DOC_NONE ||
			    gv_doc_get(doc, i, "build") != GV_DOC_NONE;
	gv_symbol_writer_release(&w);
	if (found)
		gv_symbol_compose(out, doc, root);
}
