#include "config_set.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "access_local.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "cmd.h"
#include "config_report.h"
#include "config_view.h"
#include "json.h"
#include "out.h"
#include "param/param_edit.h"
#include "repo/repo.h"
#include "sys/dir.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "sys/tty.h"

#define VALUE_MAX ((size_t)1024 * 1024)

/* A change, before and after. Pools are read once each, so that what was
 * checked is what is written. */
struct change {
	struct gv_ctx *ctx;
	struct gv_param_query query;
	const char *key, *value; /* NULL: it is removed */
	bool is_from_argv;
	struct gv_param_pool *before, *after;
	struct gv_param *was, *is;
	struct gv_param_edit edit;
	struct gv_param_report had, has;
	size_t worse;
};

/* ---- the value ----------------------------------------------------------- */

static int
read_stdin(struct gv_buf *out)
{
	ssize_t n;
	int r;

	do {
		if ((r = gv_buf_grow(out, 4096)) < 0)
			return r;
		n = gv_file_read_some(0, out->p + out->len, 4096);
		if (n < 0)
			return gv_err_sys("cannot read stdin");
		out->len += (size_t)n;
		if (out->len > VALUE_MAX)
			return gv_err(
			    GV_EREFUSED, "the value is larger than 1 MiB");
	} while (n > 0);
	if (out->len && out->p[out->len - 1] == '\n')
		out->len--;
	out->p[out->len] = '\0';
	return strlen(out->p) == out->len
	    ? 0
	    : gv_err(GV_EREFUSED, "the value has a NUL byte");
}

static int
ask(struct gv_buf *out, const char *key)
{
	char line[4096];
	size_t len = 0;
	int r;

	r = gv_tty_ask(line, sizeof(line), &len, "Value: ", false);
	if (r == 0) {
		gv_buf_add(out, line, len);
		r = gv_buf_check(out);
	} else if (r == GV_ENOTFOUND) {
		r = gv_err(GV_EUSAGE,
		    "name a value, or give it on stdin: git vault config set "
		    "--stdin %s",
		    key);
	}
	explicit_bzero(line, sizeof(line));
	return r;
}

/* ---- secrets ------------------------------------------------------------- */

static int
refuse_argv(const struct change *c)
{
	return gv_err(GV_EREFUSED,
	    "'%s' is maybe a secret, which others see on a command line; to "
	    "set it: git vault config set --stdin %s",
	    c->key, c->key);
}

/* What the layer has at the key now is encrypted by a tool, which alone can
 * write it. */
static int
check_old(const struct change *c)
{
	const struct gv_layer_value *v =
	    gv_layer_find(c->was->layers[c->edit.layer]->tree.root, c->key);

	if (v == NULL || c->value == NULL)
		return 0;
	if (v->n == 0 && gv_param_is_sealed(c->was, v))
		return gv_err(GV_EREFUSED,
		    "%s:%u: '%s' is encrypted, or a reference to a vault; "
		    "change it with the tool that wrote it",
		    c->edit.path, v->line, c->key);
	return c->is_from_argv && gv_param_veil(c->was, v) &&
		!c->was->layers[c->edit.layer]->is_missing
	    ? refuse_argv(c)
	    : 0;
}

static int
check_new(const struct change *c)
{
	const struct gv_layer_value *v = c->value
	    ? gv_layer_find(c->is->layers[c->edit.layer]->tree.root, c->key)
	    : NULL;

	return v && c->is_from_argv && gv_param_veil(c->is, v) ? refuse_argv(c)
							       : 0;
}

/* ---- every environment --------------------------------------------------- */

static bool
is_in(const struct gv_param_report *report, const struct gv_param_problem *p)
{
	size_t i;

	for (i = 0; i < report->n; i++)
		if (report->items[i].n >= p->n &&
		    strcmp(report->items[i].check, p->check) == 0 &&
		    strcmp(report->items[i].key, p->key) == 0 &&
		    strcmp(report->items[i].text, p->text) == 0)
			return true;
	return false;
}

/* What is wrong only with the change. What was wrong before does not keep
 * anybody from a change. */
static int
check_all(struct change *c)
{
	size_t i;
	int r;

	if ((r = gv_param_check(&c->had, c->before, &c->query, true)) < 0 ||
	    (r = gv_param_check(&c->has, c->after, &c->query, true)) < 0)
		return r;
	for (i = 0; i < c->has.n; i++) {
		const struct gv_param_problem *p = &c->has.items[i];

		if (p->grade != GV_PARAM_WRONG || is_in(&c->had, p))
			continue;
		gv_out_error(c->ctx->out, "%s:%u: %s: %s (%s)",
		    p->file ? p->file : c->edit.path, p->line,
		    *p->key ? p->key : c->key, p->text,
		    p->where ? p->where : "");
		c->worse++;
	}
	return 0;
}

/* ---- writing ------------------------------------------------------------- */

static int
write_file(const struct change *c)
{
	const char *path = c->edit.path, *name;
	struct gv_buf now = GV_BUF_INIT;
	struct stat st;
	int root, dir = -1, r = 0;

	if ((root = gv_dir_open_root(c->ctx->repo->worktree)) < 0)
		return gv_err_sys("cannot open the working tree");
	dir = gv_dir_open_parent(root, path, strlen(path), &name);
	if (dir < 0 || gv_dir_stat(root, path, strlen(path), &st) < 0) {
		r = gv_err_sys("cannot open %s", path);
		goto out;
	}
	/* an editor may have saved it meanwhile */
	if ((r = gv_file_read(&now, dir, name, SIZE_MAX / 2)) < 0)
		goto out;
	r = gv_buf_equal(&now, &c->edit.was)
	    ? gv_file_replace(dir, name, c->edit.text.p, c->edit.text.len,
		  st.st_mode & 07777, true)
	    : gv_err(GV_EREFUSED,
		  "%s was changed by another program meanwhile; nothing was "
		  "written",
		  path);
out:
	if (now.cap)
		explicit_bzero(now.p, now.len);
	gv_buf_release(&now);
	gv_file_close(dir);
	gv_file_close(root);
	return r;
}

/* The layer that decides now, where it is not the one that was written. */
static const char *
decides(const struct change *c)
{
	const struct gv_layer_value *v =
	    gv_layer_find(c->is->tree.root, c->key);

	return v && v->layer < c->is->n && v->layer != c->edit.layer
	    ? c->is->layers[v->layer]->name
	    : NULL;
}

static void
tell(const struct change *c)
{
	const char *above = decides(c);
	struct gv_out *out = c->ctx->out;

	if (c->ctx->json) {
		gv_json_object(c->ctx->json, NULL);
		gv_json_string(c->ctx->json, "key", c->key);
		gv_json_path(
		    c->ctx->json, "file", c->edit.path, strlen(c->edit.path));
		gv_json_bool(c->ctx->json, "removed", c->value == NULL);
		gv_json_string(c->ctx->json, "overridden_by", above);
		gv_json_uint(c->ctx->json, "configurations", c->has.n_configs);
		gv_json_end(c->ctx->json);
		return;
	}
	gv_out_say(out, "%s %s in %s; %zu configuration%s checked",
	    c->value ? "set" : "removed", c->key, c->edit.path,
	    c->has.n_configs, c->has.n_configs == 1 ? "" : "s");
	if (above)
		gv_out_warn(out, "%s %s: %s has it, too, and is above it",
		    c->value ? "this changes nothing of" : "there is still",
		    c->key, above);
}

/* ---- the whole ----------------------------------------------------------- */

static int
lock(int *out, struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT;
	int r;

	gv_buf_addf(&path, "%s/vault", repo->common_dir);
	if ((r = gv_buf_check(&path)) < 0 ||
	    (r = gv_file_mkdirs(AT_FDCWD, path.p, 0777)) < 0)
		goto out;
	gv_buf_addstr(&path, "/config-lock");
	if ((r = gv_buf_check(&path)) < 0)
		goto out;
	r = gv_lock_open(out, path.p, 0);
	if (r == GV_ELOCKED)
		r = gv_err(GV_ELOCKED,
		    "another 'git vault config set' is running; nothing was "
		    "written, run it again");
out:
	gv_buf_release(&path);
	return r;
}

static int
run(struct change *c)
{
	const struct gv_config_opts *o = c->ctx->opts;
	struct gv_repo *repo = c->ctx->repo;
	int r;

	if ((r = gv_param_pool_open(&c->before, repo, NULL)) < 0 ||
	    (r = gv_param_open(&c->was, c->before, &c->query)) < 0 ||
	    (r = gv_param_edit(&c->edit, c->was, c->key, c->value, o->layer)) <
		0 ||
	    (r = check_old(c)) < 0 ||
	    (r = gv_param_pool_open(&c->after, repo, NULL)) < 0 ||
	    (r = gv_param_pool_put(c->after, c->edit.path, &c->edit.text)) <
		0 ||
	    (r = gv_param_open(&c->is, c->after, &c->query)) < 0 ||
	    (r = check_new(c)) < 0)
		return r;
	/* all that the set gives is checked: others have the layer, too */
	c->query.layout = c->was->layout;
	c->query.service = c->query.provider = NULL;
	if ((r = check_all(c)) < 0)
		return r;
	if (c->worse) {
		gv_out_say(c->ctx->out, "nothing was written");
		return 1;
	}
	if ((r = gv_access_local_file(
		 c->ctx, c->edit.path, &c->edit.text)) == 0 &&
	    (r = write_file(c)) == 0)
		tell(c);
	return r;
}

int
gv_config_set(
    struct gv_ctx *ctx, const char *key, const char *value, bool unset)
{
	const struct gv_config_opts *o = ctx->opts;
	struct gv_buf given = GV_BUF_INIT;
	struct change c = { .ctx = ctx,
		.key = key,
		.value = value,
		.is_from_argv = value != NULL,
		.query = { .env = o->env,
		    .service = o->service,
		    .provider = o->provider,
		    .region = o->region,
		    .host = o->host,
		    .layout = o->layout } };
	int fd = -1, r = 0;

	if (value && o->from_stdin)
		return gv_err(GV_EUSAGE,
		    "--stdin and a value exclude each "
		    "other");
	if (!unset && value == NULL) {
		r = o->from_stdin ? read_stdin(&given) : ask(&given, key);
		c.value = given.p;
	}
	if (r == 0 && (r = lock(&fd, ctx->repo)) == 0)
		r = run(&c);
	gv_lock_close(fd);
	gv_param_report_release(&c.had);
	gv_param_report_release(&c.has);
	gv_param_close(c.was);
	gv_param_close(c.is);
	gv_param_pool_close(c.before);
	gv_param_pool_close(c.after);
	gv_param_edit_release(&c.edit);
	if (given.cap)
		explicit_bzero(given.p, given.len);
	gv_buf_release(&given);
	return r;
}
