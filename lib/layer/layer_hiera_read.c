#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "layer/layer_hiera.h"
#include "layer/layer_internal.h"

/* The hierarchy of a hiera.yaml, version 5. */

struct reading {
	struct gv_layer_hiera *out;
	const struct gv_layer *hiera;
	const struct gv_layer_value *facts;
	const char *dir; /* of the data, of the level that is read */
};

static const struct gv_layer_value *
get(const struct gv_layer_value *map, const char *key)
{
	return gv_layer_get(map, key, strlen(key));
}

static int
refuse(const struct reading *rd, const struct gv_layer_value *v,
    const char *what, const char *name)
{
	return gv_err(GV_EREFUSED, "%s: line %u: %s%s", rd->hiera->name,
	    v->line, what, name);
}

/* Append a name with its facts. 1; 0 where one does not exist; a failure. */
static int
interpolate(struct gv_buf *out, const struct reading *rd,
    const struct gv_layer_value *v)
{
	const char *p = v->text, *end = p + v->len, *at, *to;
	const struct gv_layer_value *fact;
	struct gv_buf name = GV_BUF_INIT;
	int r = 1;

	while (r == 1 && p < end) {
		at = memmem(p, (size_t)(end - p), "%{", 2);
		gv_buf_add(out, p, (size_t)((at ? at : end) - p));
		if (at == NULL)
			break;
		to = memchr(at, '}', (size_t)(end - at));
		if (to == NULL) {
			r = refuse(rd, v, "a %{ is not closed", "");
			break;
		}
		gv_buf_reset(&name);
		at += 2;
		/* %{::os} and %{facts.os} are the fact os */
		if (to - at > 2 && memcmp(at, "::", 2) == 0)
			at += 2;
		if (to - at > 6 && memcmp(at, "facts.", 6) == 0)
			at += 6;
		gv_buf_add(&name, at, (size_t)(to - at));
		p = to + 1;
		if (strchr(name.p, '('))
			r = refuse(rd, v, "not supported: %{", name.p);
		else if ((fact = gv_layer_find(rd->facts, name.p)) == NULL ||
		    gv_layer_class(fact))
			r = 0;
		else
			gv_buf_add(out, fact->text, fact->len);
	}
	if (r >= 0 && (gv_buf_check(out) < 0 || gv_buf_check(&name) < 0))
		r = GV_ENOMEM;
	gv_buf_release(&name);
	return r;
}

/* A file that two levels name counts where it is higher: below it has nothing
 * that was not found yet. Each is read into memory. */
static bool
is_there(const struct gv_layer_hiera *out, const char *path, bool is_glob)
{
	size_t i;

	for (i = 0; i < out->n; i++)
		if (out->paths[i].is_glob == is_glob &&
		    strcmp(out->paths[i].path, path) == 0)
			return true;
	return false;
}

static int
add(const struct reading *rd, const char *level, const struct gv_layer_value *v,
    bool is_glob)
{
	struct gv_layer_hiera *out = rd->out;
	struct gv_buf path = GV_BUF_INIT;
	const char *copy;
	int r;

	if (v->kind != GV_LAYER_TEXT)
		return refuse(rd, v, "a path is a text", "");
	gv_buf_addf(&path, "%s/", rd->dir);
	if ((r = interpolate(&path, rd, v)) <= 0)
		goto out;
	r = 0;
	if (is_there(out, path.p, is_glob))
		goto out;
	if (out->n == GV_LAYER_HIERA_PATHS_MAX) {
		r = refuse(rd, v, "the hierarchy has more than 200 paths", "");
		goto out;
	}
	copy = gv_arena_copy(&out->arena, path.p, path.len);
	if (copy == NULL || GV_GROW(out->paths, out->n, out->cap) < 0) {
		r = gv_err_nomem();
		goto out;
	}
	out->paths[out->n++] =
	    (struct gv_layer_hiera_path){ level, copy, is_glob };
	r = 0;
out:
	gv_buf_release(&path);
	return r;
}

static int
add_all(const struct reading *rd, const char *level,
    const struct gv_layer_value *v, bool is_glob)
{
	uint32_t i;
	int r = 0;

	if (v->kind != GV_LAYER_LIST)
		return add(rd, level, v, is_glob);
	for (i = 0; r == 0 && i < v->n; i++)
		r = add(rd, level, v->items[i], is_glob);
	return r;
}

static int
set_dir(struct reading *rd, const struct gv_layer_value *level,
    const struct gv_layer_value *defaults)
{
	const struct gv_layer_value *dir = get(level, "datadir");

	if (dir == NULL)
		dir = get(defaults, "datadir");
	rd->dir = "data";
	if (dir == NULL)
		return 0;
	if (dir->kind != GV_LAYER_TEXT || dir->len == 0)
		return refuse(rd, dir, "datadir is a text", "");
	rd->dir = gv_arena_copy(&rd->out->arena, dir->text, dir->len);
	return rd->dir ? 0 : GV_ENOMEM;
}

/* What there is that this dialect does not read. */
static int
check(const struct reading *rd, const struct gv_layer_value *level)
{
	static const char *const unknown[] = { "mapped_paths", "lookup_key",
		"data_dig", "uri", "uris", NULL };
	const struct gv_layer_value *backend = get(level, "data_hash");
	int i;

	for (i = 0; unknown[i]; i++)
		if (get(level, unknown[i]))
			return refuse(rd, get(level, unknown[i]),
			    "not supported: ", unknown[i]);
	if (backend &&
	    !(backend->len == 9 &&
		(memcmp(backend->text, "yaml_data", 9) == 0 ||
		    memcmp(backend->text, "json_data", 9) == 0)))
		return refuse(rd, backend,
		    "not supported: a backend other than yaml_data and "
		    "json_data",
		    "");
	return 0;
}

static int
read_level(struct reading *rd, const struct gv_layer_value *level,
    const struct gv_layer_value *defaults)
{
	static const struct {
		const char *key;
		bool is_glob;
	} keys[] = { { "path", false }, { "paths", false }, { "glob", true },
		{ "globs", true } };
	const struct gv_layer_value *v, *name = get(level, "name");
	const char *title = "";
	size_t i;
	int r;

	if (level->kind != GV_LAYER_MAP)
		return refuse(rd, level, "a level is a map", "");
	if ((r = check(rd, level)) < 0 ||
	    (r = set_dir(rd, level, defaults)) < 0)
		return r;
	if (name && name->kind == GV_LAYER_TEXT &&
	    (title = gv_arena_copy(&rd->out->arena, name->text, name->len)) ==
		NULL)
		return GV_ENOMEM;
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		v = get(level, keys[i].key);
		if (v && (r = add_all(rd, title, v, keys[i].is_glob)) < 0)
			return r;
	}
	return 0;
}

int
gv_layer_hiera_read(struct gv_layer_hiera *out, const struct gv_layer *hiera,
    const struct gv_layer_value *facts)
{
	static const struct gv_layer_value none = { .kind = GV_LAYER_MAP };
	struct reading rd = {
		.out = out, .hiera = hiera, .facts = facts ? facts : &none
	};
	const struct gv_layer_value *root = hiera->tree.root;
	const struct gv_layer_value *version = get(root, "version");
	const struct gv_layer_value *levels = get(root, "hierarchy");
	uint32_t i;
	int r = 0;

	*out = (struct gv_layer_hiera){ .n = 0 };
	if (version == NULL || version->len != 1 || version->text[0] != '5')
		return gv_err(GV_EREFUSED,
		    "%s: it is no configuration of Hiera 5", hiera->name);
	if (levels && levels->kind != GV_LAYER_LIST)
		return refuse(&rd, levels, "hierarchy is a list", "");
	for (i = 0; r == 0 && levels && i < levels->n; i++)
		r = read_level(&rd, levels->items[i], get(root, "defaults"));
	if (r < 0)
		gv_layer_hiera_release(out);
	return r;
}

void
gv_layer_hiera_release(struct gv_layer_hiera *hiera)
{
	free(hiera->paths);
	gv_arena_release(&hiera->arena);
	*hiera = (struct gv_layer_hiera){ .n = 0 };
}
