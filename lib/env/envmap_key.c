#include <fcntl.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "doc/doc.h"
#include "env/envmap.h"
#include "infra/envkey.h"
#include "repo/repo.h"
#include "sys/cancel.h"
#include "sys/file.h"

#define FILE_MOST ((size_t)8 * 1024 * 1024) /* bytes that are read */

static int
look(struct gv_envtree_verdict *v, struct gv_buf *why, struct gv_envmap *map,
    const struct gv_doc *doc, const char *path, size_t len)
{
	struct gv_envkey found;
	size_t line, column;
	int r;

	if (!gv_envkey_find(&found, doc, path + len + 1))
		return 0;
	if ((r = gv_envtree_word(&v->env, map->tree, found.env)) < 0 ||
	    v->env == NULL)
		return r;
	gv_doc_where(doc, doc->nodes[found.node].at, &line, &column);
	gv_buf_addch(why, '\'');
	gv_doc_path(why, doc, found.node);
	gv_buf_addstr(why, "' in line ");
	gv_buf_addf(why, "%zu of '", line);
	gv_buf_add(why, path, len);
	gv_buf_addf(why, "' is next to %s", found.other);
	v->rule = GV_ENVTREE_KEY;
	return gv_buf_check(why);
}

/* Read a file as a document: 1; 0 where it is another, or gone; a failure. */
static int
read_doc(struct gv_doc *out, struct gv_buf *text, const struct gv_repo *repo,
    const char *path)
{
	struct gv_buf full = GV_BUF_INIT;
	enum gv_doc_format format;
	char *before = gv_err_save();
	int r;

	gv_buf_reset(text);
	gv_buf_addf(&full, "%s/%s", repo->worktree, path);
	if ((r = gv_buf_check(&full)) == 0)
		r = gv_file_read(text, AT_FDCWD, full.p, FILE_MOST);
	gv_buf_release(&full);
	if (r < 0) {
		r = r == GV_ENOMEM ? r : 0;
		gv_err_settle(r, before);
		return r;
	}
	gv_err_restore(before);
	if (!gv_doc_format_of(&format, path, text->p, text->len))
		return 0;
	r = gv_doc_read(out, format, text->p, text->len, NULL);
	return r < 0 ? r : 1;
}

int
gv_envmap_key(struct gv_envtree_verdict *v, struct gv_buf *why,
    struct gv_envmap *map, const struct gv_repo *repo, const char *path,
    size_t len)
{
	struct gv_buf text = GV_BUF_INIT, name = GV_BUF_INIT;
	struct gv_doc doc;
	int r;

	if (repo->worktree == NULL)
		return 0;
	gv_buf_add(&name, path, len);
	/* one that cannot be read has no keys */
	if ((r = gv_buf_check(&name)) < 0 ||
	    (r = read_doc(&doc, &text, repo, name.p)) <= 0)
		goto out;
	r = look(v, why, map, &doc, path, len);
	gv_doc_release(&doc);
out:
	gv_buf_release(&text);
	gv_buf_release(&name);
	return r;
}

/* ---- all of them --------------------------------------------------------- */

struct keys {
	struct gv_envmap *map;
	const struct gv_repo *repo;
	int (*fn)(void *ctx, const struct gv_envmap_keys *keys);
	void *ctx;
	struct gv_buf text, place, envs;
	const struct gv_doc *doc;
	const char *path;
	uint32_t parent; /* that `envs` are of; NONE: of none yet */
	size_t line;
};

static int
report(struct keys *k)
{
	const uint32_t parent = k->parent;
	const struct gv_doc_node *n;
	size_t column;
	int r;

	k->parent = GV_DOC_NONE;
	if (parent == GV_DOC_NONE)
		return 0;
	n = &k->doc->nodes[parent];
	gv_buf_reset(&k->place);
	gv_doc_path(&k->place, k->doc, parent);
	gv_doc_where(k->doc, n->key_len ? n->key_at : n->at, &k->line, &column);
	if ((r = gv_buf_check(&k->place)) < 0 ||
	    (r = gv_buf_check(&k->envs)) < 0)
		return r;
	return k->fn(k->ctx,
	    &(struct gv_envmap_keys){
		k->path, k->place.p ? k->place.p : "", k->line, k->envs.p });
}

/* Those of one parent come one behind the other. */
static int
add_key(void *ctx, const struct gv_envkey *key)
{
	struct keys *k = ctx;
	const uint32_t parent = k->doc->nodes[key->node].parent;
	const struct gv_envtree_env *env;
	int r;

	if (parent == GV_DOC_NONE)
		return 0;
	if (parent != k->parent) {
		if ((r = report(k)) != 0)
			return r;
		k->parent = parent;
		gv_buf_reset(&k->envs);
	}
	if ((r = gv_envtree_word(&env, k->map->tree, key->env)) < 0)
		return r;
	gv_buf_addf(&k->envs, "%s%s", k->envs.len ? ", " : "",
	    env ? env->name : key->env);
	return 0;
}

static bool
ends_with(const char *path, size_t len, const char *end)
{
	const size_t n = strlen(end);

	return len >= n && memcmp(path + len - n, end, n) == 0;
}

/* Scripts are named dev and test, too. */
static bool
is_other(const char *path, size_t len)
{
	return ends_with(path, len, "package.json") ||
	    ends_with(path, len, "package-lock.json") ||
	    ends_with(path, len, "composer.json") ||
	    ends_with(path, len, ".tfstate");
}

static int
look_at(void *ctx, const struct gv_envtree_path *path,
    const struct gv_envtree_verdict *v)
{
	struct keys *k = ctx;
	enum gv_doc_format format;
	struct gv_doc doc;
	int r;

	(void)v;
	if (gv_cancel_requested())
		return gv_cancel_error();
	if (!gv_doc_format_of(&format, path->p, NULL, 0) ||
	    gv_envmap_ignores(k->map, path->p) || is_other(path->p, path->len))
		return 0;
	if ((r = read_doc(&doc, &k->text, k->repo, path->p)) <= 0)
		return r;
	k->doc = &doc;
	k->path = path->p;
	k->parent = GV_DOC_NONE;
	if ((r = gv_envkey_each(&doc, add_key, k)) == 0)
		r = report(k);
	k->doc = NULL;
	gv_doc_release(&doc);
	return r;
}

int
gv_envmap_each_keys(struct gv_envmap *map, const struct gv_repo *repo,
    int (*fn)(void *ctx, const struct gv_envmap_keys *keys), void *ctx)
{
	struct keys k = { .map = map,
		.repo = repo,
		.fn = fn,
		.ctx = ctx,
		.text = GV_BUF_INIT,
		.place = GV_BUF_INIT,
		.envs = GV_BUF_INIT };
	int r;

	if (repo->worktree == NULL)
		return 0;
	r = gv_envtree_each(map->tree, look_at, &k);
	gv_buf_release(&k.text);
	gv_buf_release(&k.place);
	gv_buf_release(&k.envs);
	return r;
}
