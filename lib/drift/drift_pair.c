#include <string.h>

#include "base/err.h"
#include "drift/drift_internal.h"

/*
 * Which files have one role: their paths are the same once the names of their
 * environments are folded. All code of Terraform in a folder is one module, so
 * names of its files mean nothing.
 */

static const char *
last_slash(const char *p, size_t len)
{
	while (len > 0)
		if (p[--len] == '/')
			return p + len;
	return NULL;
}

static bool
ends(const char *p, size_t len, const char *end)
{
	const size_t n = strlen(end);

	return len > n && memcmp(p + len - n, end, n) == 0;
}

static bool
is_module(const char *p, size_t len)
{
	return ends(p, len, ".tf") || ends(p, len, ".tofu");
}

int
gv_drift_role_name(struct gv_buf *out, const struct gv_drift_opts *opts,
    const struct gv_drift_file *file)
{
	const char *path = file->role ? file->role : file->path;
	const size_t len = strlen(path);
	const char *slash;

	/* both sides have the same */
	if (file->part) {
		gv_buf_add(out, path, len);
		return gv_buf_check(out);
	}
	if (file->folder)
		gv_buf_addch(out, GV_ENVNAME_LOWER);
	gv_envname_fold(out, &opts->names, file->env, path + file->folder,
	    len - file->folder);
	if (is_module(out->p, out->len)) {
		slash = last_slash(out->p, out->len);
		gv_buf_truncate(out, slash ? (size_t)(slash + 1 - out->p) : 0);
		gv_buf_addstr(out, "*.tf");
	}
	return gv_buf_check(out);
}

/* ---- what lies below ----------------------------------------------------- */

static bool
is_mark(char c)
{
	return c >= GV_ENVNAME_LOWER && c <= GV_ENVNAME_TITLE;
}

struct layers {
	int (*fn)(void *ctx, const char *path, size_t len);
	void *ctx;
	struct gv_buf path;
};

/* Report what is in `path`, and the same with the other ending of YAML. */
static int
offer(struct layers *l)
{
	int r = gv_buf_check(&l->path);

	if (r == 0)
		r = l->fn(l->ctx, l->path.p, l->path.len);
	if (r == 0 && ends(l->path.p, l->path.len, ".yaml")) {
		gv_buf_truncate(&l->path, l->path.len - 4);
		gv_buf_addstr(&l->path, "yml");
		r = l->fn(l->ctx, l->path.p, l->path.len);
	} else if (r == 0 && ends(l->path.p, l->path.len, ".yml")) {
		gv_buf_truncate(&l->path, l->path.len - 3);
		gv_buf_addstr(&l->path, "yaml");
		r = l->fn(l->ctx, l->path.p, l->path.len);
	}
	gv_buf_reset(&l->path);
	return r;
}

/* values-ENV.yaml over values.yaml, ENV.tfvars over terraform.tfvars, ENV.yaml
 * over default.yaml or all.yaml */
static int
offer_names(struct layers *l, const char *role, size_t len, size_t at)
{
	static const char *const words[] = { "default", "common", "base", "all",
		"defaults", "values", "shared", NULL };
	const char *slash = last_slash(role, len);
	const size_t name = slash ? (size_t)(slash + 1 - role) : 0;
	size_t i;
	int r;

	if (at > name || (at + 1 < len && role[at + 1] != '.')) {
		gv_envname_strip(&l->path, role, len, at > name);
		return offer(l);
	}
	if (ends(role, len, ".tfvars") || ends(role, len, ".tfvars.json")) {
		gv_buf_add(&l->path, role, name);
		gv_buf_addstr(&l->path, "terraform.tfvars");
		return offer(l);
	}
	for (i = 0; words[i]; i++) {
		gv_buf_add(&l->path, role, name);
		gv_buf_addstr(&l->path, words[i]);
		gv_buf_add(&l->path, role + at + 1, len - at - 1);
		if ((r = offer(l)) != 0)
			return r;
	}
	return 0;
}

/* envs/ENV/x over envs/common/x, overlays/ENV/x over base/x,
 * env/ENV/values.yaml over values.yaml */
static int
offer_folders(struct layers *l, const char *role, size_t len, size_t at)
{
	static const char *const words[] = { "base", "common", "default",
		"defaults", "shared", "all", "global", "_base", NULL };
	const size_t end = at + 1;
	size_t from = at, up, i;
	int r;

	while (from > 0 && role[from - 1] != '/')
		from--;
	for (i = 0; words[i]; i++) {
		gv_buf_add(&l->path, role, from);
		gv_buf_addstr(&l->path, words[i]);
		gv_buf_add(&l->path, role + end, len - end);
		if ((r = offer(l)) != 0)
			return r;
	}
	if (from == 0)
		return 0;
	for (up = from - 1; up > 0 && role[up - 1] != '/';)
		up--;
	gv_buf_add(&l->path, role, up);
	gv_buf_addstr(&l->path, "base");
	gv_buf_add(&l->path, role + end, len - end);
	if ((r = offer(l)) != 0)
		return r;
	gv_buf_add(&l->path, role, up);
	gv_buf_add(&l->path, role + end + 1, len - end - 1);
	return offer(l);
}

int
gv_drift_each_base(const char *role, size_t len,
    int (*fn)(void *ctx, const char *path, size_t len), void *ctx)
{
	struct layers l = { .fn = fn, .ctx = ctx, .path = GV_BUF_INIT };
	const char *slash = last_slash(role, len);
	const size_t name = slash ? (size_t)(slash + 1 - role) : 0;
	size_t at, marks = 0;
	int r = 0;

	for (at = 0; at < len; at++)
		marks += is_mark(role[at]);
	for (at = 0; r == 0 && at < len && marks == 1; at++) {
		if (!is_mark(role[at]))
			continue;
		r = at >= name ? offer_names(&l, role, len, at)
			       : offer_folders(&l, role, len, at);
	}
	gv_buf_release(&l.path);
	return r;
}
