#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "layer/layer_emit_internal.h"

/*
 * Forms that have names and texts only: each leaf is a line. Two keys that have
 * one name there would hide each other, so that is refused.
 */

struct flat {
	struct gv_buf *out;
	const struct gv_layer_emit_opts *opts;
	struct gv_map names;
	struct gv_arena arena;
	bool are_names; /* no key is in another one: they are variables */
};

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_';
}

static bool
is_name(const char *path)
{
	const char *p;

	for (p = path; *p; p++)
		if (!is_word(*p))
			return false;
	return *path && !(*path >= '0' && *path <= '9');
}

/* A path becomes a name in capitals, with a '_' for all else. */
static void
add_env_name(struct gv_buf *out, const char *path, bool are_names)
{
	const char *p;

	if (are_names && is_name(path)) {
		gv_buf_addstr(out, path);
		return;
	}
	if (*path >= '0' && *path <= '9')
		gv_buf_addch(out, '_');
	for (p = path; *p; p++) {
		if (*p >= 'a' && *p <= 'z')
			gv_buf_addch(out, (char)(*p - 'a' + 'A'));
		else if (is_word(*p))
			gv_buf_addch(out, *p);
		else if (out->len && out->p[out->len - 1] != '_')
			gv_buf_addch(out, '_');
	}
	while (out->len > 1 && out->p[out->len - 1] == '_')
		gv_buf_truncate(out, out->len - 1);
}

/* A key of a ConfigMap has letters, digits, '-', '_' and '.'. */
static int
add_map_name(struct gv_buf *out, const char *path)
{
	const char *p;
	int r;

	for (p = path; *p; p++) {
		if (*p == '[')
			gv_buf_addch(out, '.');
		else if (*p == ']' || *p == '"')
			;
		else if (is_word(*p) || *p == '-' || *p == '.')
			gv_buf_addch(out, *p);
		else
			return gv_err(GV_EREFUSED,
			    "a ConfigMap cannot have the key '%s'", path);
	}
	if ((r = gv_buf_check(out)) < 0)
		return r;
	if (out->len == 0 || out->len > 253)
		return gv_err(
		    GV_EREFUSED, "a ConfigMap cannot have the key '%s'", path);
	return 0;
}

/* Two paths must not have one name. */
static int
claim(struct flat *f, const struct gv_buf *name, const char *path)
{
	const char *key, *copy;
	const char *other = gv_map_get(&f->names, name->p, name->len);

	if (other)
		return gv_err(GV_EREFUSED, "'%s' and '%s' both become %s",
		    other, path, name->p);
	key = gv_arena_copy(&f->arena, name->p, name->len);
	copy = gv_arena_copy(&f->arena, path, strlen(path));
	if (key == NULL || copy == NULL)
		return GV_ENOMEM;
	return gv_map_put(&f->names, key, name->len, (void *)(uintptr_t)copy);
}

static bool
needs_quotes(const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!is_word(p[i]) && strchr("./:@%+=,-", p[i]) == NULL)
			return true;
	return false;
}

static void
add_env_text(struct gv_buf *out, const char *p, size_t len)
{
	size_t i;

	if (!needs_quotes(p, len)) {
		gv_buf_add(out, p, len);
		return;
	}
	/* what is in these is taken as it is, new lines, too */
	if (memchr(p, '\'', len) == NULL) {
		gv_buf_addch(out, '\'');
		gv_buf_add(out, p, len);
		gv_buf_addch(out, '\'');
		return;
	}
	gv_buf_addch(out, '"');
	for (i = 0; i < len; i++) {
		if (strchr("\"\\$`", p[i]))
			gv_buf_addch(out, '\\');
		gv_buf_addch(out, p[i]);
	}
	gv_buf_addch(out, '"');
}

static int
add_leaf(void *ctx, const char *path, const struct gv_layer_value *v)
{
	struct flat *f = ctx;
	const char *veil =
	    f->opts->veil ? f->opts->veil(f->opts->ctx, v) : NULL;
	const bool is_env = f->opts->form == GV_LAYER_ENV;
	struct gv_buf name = GV_BUF_INIT, text = GV_BUF_WIPED_INIT;
	int r = 0;

	if (*path == '\0' && gv_layer_class(v))
		return 0;
	if (is_env)
		add_env_name(&name, path, f->are_names);
	else if ((r = add_map_name(&name, path)) < 0)
		goto out;
	if ((r = gv_buf_check(&name)) < 0 || (r = claim(f, &name, path)) < 0)
		goto out;
	if (veil == NULL && f->opts->opened)
		v = f->opts->opened(f->opts->ctx, v);
	if (veil)
		gv_buf_addstr(&text, veil);
	else if (!gv_layer_class(v) && v->kind != GV_LAYER_NULL)
		gv_layer_add_plain(&text, v);
	if ((r = gv_buf_check(&text)) < 0)
		goto out;
	if (is_env) {
		gv_buf_addf(f->out, "%s=", name.p);
		add_env_text(f->out, text.p, text.len);
	} else {
		gv_buf_addf(f->out, "  %s: ", name.p);
		gv_layer_add_string(f->out, text.p, text.len);
	}
	gv_buf_addch(f->out, '\n');
	r = gv_layer_check_size(f->out);
out:
	gv_buf_release(&name);
	gv_buf_release(&text);
	return r;
}

/* As in a .env file. */
static bool
are_names(const struct gv_layer_value *root)
{
	uint32_t i;

	for (i = 0; i < root->n; i++)
		if (gv_layer_class(root->items[i]))
			return false;
	return true;
}

int
gv_layer_emit_flat(struct gv_buf *out, const struct gv_layer_value *root,
    const struct gv_layer_emit_opts *opts)
{
	struct flat f = { .out = out,
		.opts = opts,
		.names = GV_MAP_INIT,
		.are_names = are_names(root) };
	int r;

	if (opts->form == GV_LAYER_CONFIGMAP) {
		const char *name = opts->name ? opts->name : "config";

		gv_buf_addstr(out,
		    "apiVersion: v1\nkind: ConfigMap\n"
		    "metadata:\n  name: ");
		gv_layer_add_string(out, name, strlen(name));
		gv_buf_addstr(out, root->n ? "\ndata:\n" : "\ndata: {}\n");
	}
	r = gv_layer_each(root, add_leaf, &f);
	gv_map_release(&f.names);
	gv_arena_release(&f.arena);
	return r < 0 ? r : gv_layer_check_size(out);
}
