#include "project/registry_internal.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "base/near.h"
#include "base/vec.h"
#include "config/policy.h"
#include "project/project.h"
#include "project/project_id.h"
#include "sys/entry.h"
#include "sys/env.h"
#include "sys/file.h"
#include "sys/proc.h"

#define LISTED "vault.project"
#define ROOT   "vault.projectroot"

/* In `times`: found below a root, and listed where it was before. */
#define FOLLOWED UINT_MAX

/* ---- git's configuration ------------------------------------------------- */

/* Asked outside of any repository, so that the answer is the same wherever the
 * user stands. */
int
gv_registry_config(struct gv_config *out)
{
	static const char *const argv[] = { "git", "config", "--list", "-z",
		"--show-scope", "--show-origin", NULL };
	static const char *const env[] = { "LC_ALL=C", "GIT_DIR",
		"GIT_WORK_TREE", "GIT_COMMON_DIR", NULL };
	struct gv_proc p = GV_PROC_INIT;
	size_t len;
	char *text;
	int r;

	r = gv_proc_run(
	    &p, &(struct gv_proc_opts){ .argv = argv, .cwd = "/", .env = env });
	if (r == 0 && p.status)
		r = gv_err(GV_ERROR, "git cannot read your configuration: %s",
		    gv_proc_why(&p));
	if (r < 0)
		goto out;
	len = p.out.len;
	text = gv_buf_take(&p.out);
	r = text ? gv_config_parse(out, text, len, true) : GV_ENOMEM;
out:
	gv_proc_release(&p);
	return r;
}

/* ---- one more ------------------------------------------------------------ */

static struct gv_registered *
find_path(const struct gv_registry *reg, const char *path)
{
	size_t i;

	for (i = 0; i < reg->n; i++)
		if (strcmp(reg->items[i].path, path) == 0)
			return &reg->items[i];
	return NULL;
}

static const char *
keep(struct gv_registry *reg, const char *text)
{
	return gv_arena_copy(&reg->arena, text, strlen(text));
}

static int
add(struct gv_registry *reg, const struct gv_registered *one)
{
	if (GV_GROW(reg->items, reg->n, reg->cap) < 0)
		return gv_err_nomem();
	reg->items[reg->n++] = *one;
	return 0;
}

/* An absolute path without links; NULL in *out where nothing is there. */
static int
resolve(const char **out, struct gv_registry *reg, const char *path)
{
	char *real = gv_entry_real_path(path);

	*out = real ? keep(reg, real) : NULL;
	if (real && *out == NULL) {
		free(real);
		return GV_ENOMEM;
	}
	free(real);
	return 0;
}

static int
expand(const char **out, struct gv_registry *reg, const char *value)
{
	struct gv_buf path = GV_BUF_INIT;
	int r = gv_env_expand(&path, value);

	*out = r == 0 ? keep(reg, path.p) : keep(reg, value);
	gv_buf_release(&path);
	return *out ? 0 : GV_ENOMEM;
}

static int
add_listed(struct gv_registry *reg, const char *value)
{
	struct gv_registered one = { .is_listed = true, .times = 1 }, *known;
	int r;

	if (*value == '\0')
		return 0;
	if ((r = expand(&one.key, reg, value)) < 0 ||
	    (r = resolve(&one.path, reg, one.key)) < 0)
		return r;
	if (one.path == NULL || !gv_file_is_dir(AT_FDCWD, one.path)) {
		one.path = one.key;
		one.is_gone = true;
	}
	known = find_path(reg, one.path);
	if (known == NULL)
		return add(reg, &one);
	known->times++;
	return 0;
}

static int
add_root(struct gv_registry *reg, const char *value)
{
	const char *path, *real;
	int r;

	if ((r = expand(&path, reg, value)) < 0 ||
	    (r = resolve(&real, reg, path)) < 0)
		return r;
	if (GV_GROW(reg->roots, reg->n_roots, reg->cap_roots) < 0)
		return gv_err_nomem();
	reg->roots[reg->n_roots++] = real ? real : path;
	return 0;
}

static int
read_lists(struct gv_registry *reg)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < reg->config.n; i++) {
		const struct gv_config_entry *e = &reg->config.entries[i];

		if (e->value == NULL || !gv_project_is_own(e))
			continue;
		if (strcmp(e->key, LISTED) == 0)
			r = add_listed(reg, e->value);
		else if (strcmp(e->key, ROOT) == 0)
			r = add_root(reg, e->value);
	}
	return r;
}

/* ---- below the roots ----------------------------------------------------- */

static int
add_found(void *ctx, const char *path)
{
	struct gv_registry *reg = ctx;
	struct gv_registered one = { .times = 0 };

	if (find_path(reg, path))
		return 0;
	if (reg->n >= GV_REGISTRY_MAX)
		return 1;
	one.path = one.key = keep(reg, path);
	return one.path ? add(reg, &one) : GV_ENOMEM;
}

static int
look_below_roots(struct gv_registry *reg)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < reg->n_roots; i++)
		r = gv_registry_root_each(reg->roots[i], GV_REGISTRY_DEPTH,
		    &reg->looks, add_found, reg);
	reg->is_cut = r > 0;
	return r < 0 ? r : 0;
}

/* ---- what was moved ------------------------------------------------------ */

/* What is near the places of the projects that are gone: by id, where each is.
 */
struct near {
	struct gv_registry *reg;
	struct gv_map ids;    /* of paths */
	struct gv_map looked; /* folders, with their depth */
	size_t looks;
};

static int
add_near(void *ctx, const char *path)
{
	struct near *near = ctx;
	char id[GV_PROJECT_ID_MAX];
	const char *key, *copy;

	if (!gv_project_id_saved(id, path) ||
	    gv_map_get(&near->ids, id, strlen(id)))
		return 0;
	key = keep(near->reg, id);
	copy = keep(near->reg, path);
	return key && copy
	    ? gv_map_put(&near->ids, key, strlen(key), (void *)copy)
	    : GV_ENOMEM;
}

/* Many projects are gone at once if the folder that they were in was moved, so
 * a folder is searched once. */
static int
look_near(struct near *near, const char *dir, unsigned depth)
{
	const char *key = keep(near->reg, dir);
	int r;

	if (key == NULL)
		return GV_ENOMEM;
	if (gv_map_get(&near->looked, key, strlen(key)))
		return 0;
	if ((r = gv_map_put(&near->looked, key, strlen(key), (void *)key)) < 0)
		return r;
	return gv_registry_root_each(dir, depth, &near->looks, add_near, near);
}

/* Next to where it was, and next to the folders that it was in; not in what is
 * above the folders of users. */
static int
look_around(struct near *near, const char *path)
{
	struct gv_buf dir = GV_BUF_INIT;
	unsigned up;
	int r;

	gv_buf_addstr(&dir, path);
	r = gv_buf_check(&dir);
	for (up = 1; r >= 0 && up <= 3; up++) {
		const char *slash = strrchr(dir.p, '/');

		if (slash == NULL || slash == dir.p)
			break;
		gv_buf_truncate(&dir, (size_t)(slash - dir.p));
		if (strrchr(dir.p, '/') != dir.p)
			r = look_near(near, dir.p, up + 1);
	}
	gv_buf_release(&dir);
	return r < 0 ? r : 0;
}

static int
follow(struct near *near, size_t i)
{
	struct gv_registry *reg = near->reg;
	struct gv_registered *one = &reg->items[i], *known;
	const char *id = one->id
	    ? one->id
	    : gv_project_setting(&reg->config, one->key, "id");
	const char *path;
	int r;

	if (id == NULL)
		return 0;
	path = gv_map_get(&near->ids, id, strlen(id));
	if (path == NULL && (r = look_around(near, one->key)) < 0)
		return r;
	path = gv_map_get(&near->ids, id, strlen(id));
	known = path ? find_path(reg, path) : NULL;
	/* one that a root had is listed where it is now */
	if (path && known && one->id) {
		one->times = FOLLOWED;
		return 0;
	}
	if (path == NULL || (known && known->is_listed))
		return 0;
	one->was = one->key;
	one->path = path;
	one->is_gone = false;
	if (known)
		known->times = FOLLOWED;
	return 0;
}

static size_t
count_gone(const struct gv_registry *reg)
{
	size_t i, n = 0;

	for (i = 0; i < reg->n; i++)
		n += reg->items[i].is_gone;
	return n;
}

/* What a root has is near, too. */
static int
follow_all(struct gv_registry *reg)
{
	struct near near = { .reg = reg };
	size_t i, n;
	int r = 0;

	if (count_gone(reg) == 0)
		return 0;
	for (i = 0; r == 0 && i < reg->n; i++)
		if (!reg->items[i].is_gone && !reg->items[i].is_listed)
			r = add_near(&near, reg->items[i].path);
	for (i = 0; r == 0 && i < reg->n; i++)
		if (reg->items[i].is_gone)
			r = follow(&near, i);
	for (i = n = 0; i < reg->n; i++)
		if (reg->items[i].times != FOLLOWED)
			reg->items[n++] = reg->items[i];
	reg->n = n;
	gv_map_release(&near.ids);
	gv_map_release(&near.looked);
	return r;
}

/* ---- names --------------------------------------------------------------- */

int
gv_registry_policy(struct gv_policy *out, const char *dir)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	char *before = gv_err_save();
	int r;

	gv_buf_addf(&path, "%s/.gitvault.yaml", dir);
	r = gv_buf_check(&path);
	if (r == 0 && gv_file_read(&text, AT_FDCWD, path.p, 1 << 20) == 0 &&
	    gv_policy_parse(out, ".gitvault.yaml", text.p, text.len) == 0)
		r = 1;
	gv_buf_release(&path);
	gv_buf_release(&text);
	return gv_err_settle(r, before);
}

/* One that cannot be read names nothing. */
static int
read_name(const char **out, struct gv_registry *reg, const char *dir)
{
	struct gv_policy policy = GV_POLICY_INIT;
	int r = gv_registry_policy(&policy, dir);

	*out = NULL;
	if (r <= 0)
		return r;
	if (policy.project.name) {
		*out = keep(reg, policy.project.name);
		r = *out ? 0 : GV_ENOMEM;
	}
	gv_policy_release(&policy);
	return r < 0 ? r : 0;
}

static const char *
last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

static int
name(struct gv_registry *reg, struct gv_registered *one)
{
	int r;

	one->name = gv_project_setting(&reg->config, one->key, "name");
	if (one->name == NULL && !one->is_gone &&
	    (r = read_name(&one->name, reg, one->path)) < 0)
		return r;
	if (one->name == NULL)
		one->name = last_part(one->path);
	return 0;
}

static int
compare(const void *a, const void *b)
{
	const struct gv_registered *x = a, *y = b;
	int r = strcmp(x->name, y->name);

	return r ? r : strcmp(x->path, y->path);
}

/* ---- all of it ----------------------------------------------------------- */

int
gv_registry_load(struct gv_registry *out)
{
	size_t i;
	int r;

	memset(out, 0, sizeof(*out));
	if ((r = gv_registry_config(&out->config)) < 0 ||
	    (r = read_lists(out)) < 0 || (r = look_below_roots(out)) < 0 ||
	    (r = gv_registry_add_lost(out)) < 0 || (r = follow_all(out)) < 0)
		return r;
	for (i = 0; i < out->n; i++)
		if ((r = name(out, &out->items[i])) < 0)
			return r;
	if (out->n)
		qsort(out->items, out->n, sizeof(*out->items), compare);
	return 0;
}

void
gv_registry_release(struct gv_registry *registry)
{
	free(registry->items);
	free(registry->roots);
	gv_config_release(&registry->config);
	gv_arena_release(&registry->arena);
	memset(registry, 0, sizeof(*registry));
}

/* ---- one of them --------------------------------------------------------- */

/* Whether the path ends in the name, which may begin with parent folders. */
static bool
is_end_of(const char *name, const char *path)
{
	const size_t n = strlen(name), len = strlen(path);

	return len > n && path[len - n - 1] == '/' &&
	    strcmp(path + len - n, name) == 0;
}

static bool
is_meant(const struct gv_registered *one, const char *name)
{
	return strcmp(one->name, name) == 0 || strcmp(one->path, name) == 0 ||
	    strcmp(one->key, name) == 0 || is_end_of(name, one->path);
}

static int
refuse_several(const struct gv_registry *reg, const char *name)
{
	struct gv_buf all = GV_BUF_INIT;
	size_t i;
	int r;

	for (i = 0; i < reg->n; i++)
		if (is_meant(&reg->items[i], name))
			gv_buf_addf(&all, "%s%s", all.len ? ", " : "",
			    reg->items[i].path);
	if ((r = gv_buf_check(&all)) == 0)
		r = gv_err(GV_EUSAGE,
		    "several projects are called '%.100s': %s; give the path "
		    "of one",
		    name, all.p);
	gv_buf_release(&all);
	return r;
}

static int
refuse_unknown(const struct gv_registry *reg, const char *name)
{
	struct gv_near near = gv_near_to(name, strlen(name));
	size_t i;

	for (i = 0; i < reg->n; i++)
		gv_near_add(
		    &near, reg->items[i].name, strlen(reg->items[i].name));
	if (near.name)
		return gv_err(GV_ENOTFOUND,
		    "no project is called '%.100s'; did you mean '%.100s'?",
		    name, near.name);
	if (reg->n == 0)
		return gv_err(GV_ENOTFOUND,
		    "no project is registered yet\nhint: git vault project "
		    "add");
	return gv_err(GV_ENOTFOUND,
	    "no project is called '%.100s'\nhint: git vault project list",
	    name);
}

int
gv_registry_find(const struct gv_registered **out,
    const struct gv_registry *registry, const char *name)
{
	size_t i, n = 0;

	*out = NULL;
	for (i = 0; i < registry->n; i++) {
		if (!is_meant(&registry->items[i], name))
			continue;
		/* a path is of one alone */
		if (strcmp(registry->items[i].path, name) == 0) {
			*out = &registry->items[i];
			return 0;
		}
		n++;
		*out = &registry->items[i];
	}
	if (n == 1)
		return 0;
	*out = NULL;
	return n ? refuse_several(registry, name)
		 : refuse_unknown(registry, name);
}
