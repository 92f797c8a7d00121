#include "git-vault/config/config_set.h"

#include <stdlib.h>
#include <string.h>

#include "access/access_step.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "base/shell.h"
#include "git-vault/config/access_local.h"
#include "git-vault/config/config_freeze.h"
#include "git-vault/config/config_report.h"
#include "git-vault/config/config_view.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "key/keyring_store.h"
#include "layer/layer_emit.h"
#include "param/param_batch.h"
#include "param/param_edit.h"
#include "param/param_store.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "sys/tty.h"

#define VALUE_MAX ((size_t)1024 * 1024)
#define KEYS_MAX  1000

/* One key; NULL as value: it is removed. */
struct one {
	const char *key, *value;
	bool is_from_argv;
	bool is_frozen; /* the layer, and it is written nevertheless */
	char *path;     /* of the layer that has it */
	struct gv_param_edit edit;
};

/* A change, before and after. Pools are read once each, so that what was
 * checked is what is written. */
struct change {
	struct gv_ctx *ctx;
	struct gv_param_query query;
	struct one *ones;
	size_t n;
	struct gv_param_pool *before, *after;
	struct gv_param *was, *is;
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

/* The command that takes the value from stdin, for the layer of this one. */
static int
offer_stdin(struct gv_buf *out, const struct gv_ctx *ctx, const char *key)
{
	const struct gv_config_opts *o = ctx->opts;
	const char *const where[][2] = { { "env", o->env },
		{ "service", o->service }, { "provider", o->provider },
		{ "region", o->region }, { "host", o->host },
		{ "layout", o->layout }, { "layer", o->layer } };
	size_t i;

	gv_cmd_paste(out, ctx);
	gv_buf_addstr(out, " config set");
	for (i = 0; i < sizeof(where) / sizeof(*where); i++)
		if (where[i][1]) {
			gv_buf_addf(out, " --%s", where[i][0]);
			gv_shell_word(out, where[i][1]);
		}
	gv_buf_addstr(out, " --stdin");
	gv_shell_word(out, key);
	return gv_buf_check(out);
}

static int
ask(struct gv_buf *out, const struct gv_ctx *ctx, const char *key)
{
	struct gv_buf again = GV_BUF_INIT;
	char line[4096];
	size_t len = 0;
	int r;

	r = gv_tty_ask(line, sizeof(line), &len, "Value: ", false);
	if (r == 0) {
		gv_buf_add(out, line, len);
		r = gv_buf_check(out);
	} else if (r == GV_ENOTFOUND) {
		if ((r = offer_stdin(&again, ctx, key)) == 0)
			r = gv_err(GV_EUSAGE,
			    "name a value, or give it on stdin: %s", again.p);
	}
	explicit_bzero(line, sizeof(line));
	gv_buf_release(&again);
	return r;
}

/* ---- secrets ------------------------------------------------------------- */

static int
refuse_argv(const struct change *c, const struct one *o)
{
	struct gv_buf again = GV_BUF_INIT;
	int r = offer_stdin(&again, c->ctx, o->key);

	if (r == 0)
		r = gv_err(GV_EREFUSED,
		    "'%s' is possibly a secret, and others can see the "
		    "command line; to set it: %s",
		    o->key, again.p);
	gv_buf_release(&again);
	return r;
}

/* What the layer has at the key now is encrypted by a tool, which alone can
 * write it. */
static int
check_old(
    const struct change *c, const struct one *o, const struct gv_param *was)
{
	const struct gv_layer *layer = was->layers[o->edit.layer];
	const struct gv_layer_value *v =
	    gv_layer_find(layer->tree.root, o->key);

	if (gv_param_is_by_mac(was, o->edit.layer))
		return gv_err(GV_EREFUSED,
		    "nothing was written: SOPS vouches for all values of %s, "
		    "and opens none after a change by others; to change it: "
		    "sops %s",
		    o->path, o->path);
	if (v == NULL || o->value == NULL)
		return 0;
	if (v->n == 0 && gv_param_is_sealed(was, v))
		return gv_err(GV_EREFUSED,
		    "%s:%u: '%s' is encrypted, or a reference to a vault; "
		    "change it with the tool that wrote it",
		    o->path, v->line, o->key);
	return o->is_from_argv && gv_param_veil(was, v) && !layer->is_missing
	    ? refuse_argv(c, o)
	    : 0;
}

static const struct one *
first_of(const struct change *c, size_t i)
{
	size_t k;

	for (k = 0; strcmp(c->ones[k].path, c->ones[i].path) != 0;)
		k++;
	return &c->ones[k];
}

static int
check_new(const struct change *c)
{
	const struct gv_layer_value *v;
	size_t i;

	for (i = 0; i < c->n; i++) {
		const struct one *o = &c->ones[i];

		v = o->value
		    ? gv_layer_find(
			  c->is->layers[o->edit.layer]->tree.root, o->key)
		    : NULL;
		if (v && o->is_from_argv &&
		    (first_of(c, i)->edit.is_new ? gv_param_veil_new(c->is, v)
						 : gv_param_veil(c->is, v)))
			return refuse_argv(c, o);
	}
	return 0;
}

/* An element of a list is the one that is shown, or none: in a list that is
 * merged, or that a higher layer replaces, its number is that of another one.
 */
static int
check_elements(const struct change *c)
{
	struct gv_buf text = GV_BUF_WIPED_INIT;
	const struct gv_layer_value *v;
	const struct one *o;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < c->n; i++) {
		o = &c->ones[i];
		if (strchr(o->key, '[') == NULL || c->is->tree.before)
			continue;
		v = gv_layer_find(c->is->tree.root, o->key);
		gv_buf_reset(&text);
		if (v && v->n == 0)
			r = gv_layer_emit_plain(&text, v);
		if (r == 0 &&
		    (o->value ? v == NULL || strcmp(text.p, o->value) != 0
			      : v != NULL))
			r = gv_err(GV_EREFUSED,
			    "nothing was written: '%s' is another element in "
			    "%s, since lists are merged or replaced; change it "
			    "there by hand",
			    o->key, o->path);
	}
	gv_buf_release(&text);
	return r;
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
		    p->file ? p->file : c->ones[0].path, p->line,
		    *p->key ? p->key : c->ones[0].key, p->text,
		    p->where ? p->where : "");
		c->worse++;
	}
	return 0;
}

/* ---- writing ------------------------------------------------------------- */

static void
warn_audit(const struct change *c, const char *path)
{
	gv_out_warn(c->ctx->out, "%s was written, but the audit: %s", path,
	    gv_err_message());
}

/* The last of the changes of a file has its text, the first what it had. */
static bool
is_last(const struct change *c, size_t i)
{
	size_t k;

	for (k = i + 1; k < c->n; k++)
		if (strcmp(c->ones[k].path, c->ones[i].path) == 0)
			return false;
	return true;
}

static int
write_files(const struct change *c)
{
	struct gv_param_batch_file *files = calloc(c->n, sizeof(*files));
	size_t i, n = 0;
	int r = 0;

	if (files == NULL)
		return gv_err_nomem();
	for (i = 0; r == 0 && i < c->n; i++)
		if (is_last(c, i)) {
			r = gv_access_local_file(
			    c->ctx, c->ones[i].path, &c->ones[i].edit.text);
			files[n++] =
			    (struct gv_param_batch_file){ .path =
							      c->ones[i].path,
				    .was = first_of(c, i)->edit.is_new
					? NULL
					: &first_of(c, i)->edit.was,
				    .text = &c->ones[i].edit.text };
		}
	if (r == 0)
		r = gv_param_batch_write(c->ctx->repo, files, n);
	free(files);
	return r;
}

static struct gv_access_kept
kept_of(const struct change *c, size_t i)
{
	return (struct gv_access_kept){ .path = c->ones[i].path,
		.was = &first_of(c, i)->edit.was,
		.text = &c->ones[i].edit.text };
}

/* The layers that are changed, in the program that keeps them. */
static int
write_stored(const struct change *c)
{
	struct gv_param_stored *layers = calloc(c->n, sizeof(*layers));
	struct gv_access_kept kept;
	size_t i, n = 0;
	int r = layers ? 0 : gv_err_nomem();

	for (i = 0; r == 0 && i < c->n; i++) {
		if (!is_last(c, i))
			continue;
		kept = kept_of(c, i);
		layers[n++] = (struct gv_param_stored){ .key = kept.path,
			.text = kept.text };
		r = gv_access_local_kept(c->ctx, &kept);
	}
	if (r == 0)
		r = gv_param_write(c->was, layers, n);
	free(layers);
	return r;
}

/* Whether each of the layers may change now. */
static int
check_freeze(struct change *c)
{
	size_t i;
	int r = 0;

	for (i = 0; r >= 0 && i < c->n; i++) {
		if (!is_last(c, i))
			continue;
		r = gv_config_check_freeze(
		    c->ctx, gv_param_policy(c->before), c->ones[i].path);
		c->ones[i].is_frozen = r > 0;
	}
	return r < 0 ? r : 0;
}

/* ---- telling ------------------------------------------------------------- */

static void
tell_freeze(const struct change *c)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (c->ones[i].is_frozen &&
		    gv_config_tell_freeze(c->ctx, c->ones[i].path) < 0)
			warn_audit(c, c->ones[i].path);
}

/* Whether the audit has events of files: a repository without a vault gets no
 * refs by a change of its configuration. */
static bool
has_vault(const struct change *c)
{
	struct gv_oid tip;

	return gv_keyring_tip(&tip, c->ctx->repo) == 0;
}

/* What was written in a freeze has an event of its own. */
static void
tell_written(const struct change *c)
{
	const bool is_stored = gv_param_is_stored(c->was);
	struct gv_access_kept kept;
	size_t i;

	if (!is_stored && !has_vault(c))
		return;
	for (i = 0; i < c->n; i++) {
		if (!is_last(c, i) || (c->ones[i].is_frozen && !is_stored))
			continue;
		kept = kept_of(c, i);
		if (gv_access_local_wrote(c->ctx, &kept,
			is_stored ? GV_ACCESS_STORED : GV_ACCESS_WRITTEN) < 0)
			warn_audit(c, kept.path);
	}
}

/* The layer that decides now, where it is not the one that was written. */
static const char *
decides(const struct change *c, const struct one *o)
{
	const struct gv_layer_value *v =
	    gv_layer_find(c->is->tree.root, o->key);

	return v && v->layer < c->is->n && v->layer != o->edit.layer
	    ? c->is->layers[v->layer]->name
	    : NULL;
}

/* The layer of the environment that was named, where another one was written,
 * which other environments have as well. */
static const char *
narrower(const struct change *c, const struct one *o)
{
	const char *env = c->query.env;
	size_t i;

	if (env == NULL || strstr(o->path, env) ||
	    ((const struct gv_config_opts *)c->ctx->opts)->layer)
		return NULL;
	for (i = c->was->n; i > 0; i--)
		if (!c->was->layers[i - 1]->is_missing &&
		    strstr(c->was->layers[i - 1]->name, env))
			return gv_param_path(c->was, i - 1);
	return NULL;
}

static void
tell_json(const struct change *c)
{
	struct gv_json *j = c->ctx->json;
	size_t i;

	gv_json_object(j, NULL);
	gv_json_array(j, "changes");
	for (i = 0; i < c->n; i++) {
		const struct one *o = &c->ones[i];

		gv_json_object(j, NULL);
		gv_json_string(j, "key", o->key);
		gv_json_path(j, "file", o->path, strlen(o->path));
		gv_json_bool(j, "removed", o->value == NULL);
		gv_json_string(j, "overridden_by", decides(c, o));
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_uint(j, "configurations", c->has.n_configs);
	gv_json_end(j);
}

static void
tell(const struct change *c)
{
	struct gv_out *out = c->ctx->out;
	const char *above, *own;
	const size_t n = c->has.n_configs;
	size_t i;

	for (i = 0; i < c->n; i++) {
		const struct one *o = &c->ones[i];

		gv_out_say(out, "%s %s in %s", o->value ? "set" : "removed",
		    o->key, o->path);
		if ((above = decides(c, o)) != NULL)
			gv_out_warn(out, "%s %s: %s has it, too%s",
			    o->value ? "this changes nothing of"
				     : "there is still",
			    o->key, above, o->value ? ", and is above it" : "");
	}
	gv_out_say(out, "%zu configuration%s checked", n, n == 1 ? "" : "s");
	for (i = 0; i < c->n; i++)
		if ((own = narrower(c, &c->ones[i])) != NULL)
			gv_out_warn(out,
			    "%s is also a layer of other environments than %s; "
			    "to write to that one alone: --layer %s",
			    c->ones[i].path, c->query.env, own);
}

/* ---- the whole ----------------------------------------------------------- */

/* A pool with what the first `n` keys make of the files. */
static int
open_after(struct gv_param_pool **pool, struct gv_param **param,
    const struct change *c, size_t n)
{
	size_t i;
	int r = gv_param_pool_open(pool, c->ctx->repo, NULL);

	for (i = 0; r == 0 && i < n; i++)
		r = gv_param_pool_put(
		    *pool, c->ones[i].path, &c->ones[i].edit.text);
	return r < 0 ? r : gv_param_open(param, *pool, &c->query);
}

/* Each key is changed in what the keys before it have made. */
static int
edit_one(struct change *c, size_t i)
{
	const struct gv_config_opts *o = c->ctx->opts;
	struct one *one = &c->ones[i];
	struct gv_param_pool *pool = NULL;
	struct gv_param *param = NULL;
	int r = i ? open_after(&pool, &param, c, i) : 0;

	if (r == 0)
		r = gv_param_edit(&one->edit, i ? param : c->was, one->key,
		    one->value, o->layer);
	if (r == 0 && (one->path = strdup(one->edit.path)) == NULL)
		r = gv_err_nomem();
	if (r == 0)
		r = check_old(c, one, i ? param : c->was);
	gv_param_close(param);
	gv_param_pool_close(pool);
	return r;
}

static int
run(struct change *c)
{
	struct gv_repo *repo = c->ctx->repo;
	size_t i;
	int r;

	if ((r = gv_param_pool_open(&c->before, repo, NULL)) < 0 ||
	    (r = gv_param_open(&c->was, c->before, &c->query)) < 0)
		return r;
	for (i = 0; i < c->n; i++)
		if ((r = edit_one(c, i)) < 0)
			return r;
	if ((r = open_after(&c->after, &c->is, c, c->n)) < 0 ||
	    (r = check_new(c)) < 0 || (r = check_elements(c)) < 0)
		return r;
	/* all that the sets give is checked: others have the layer, too */
	c->query.layout = c->was->set ? NULL : c->was->layout;
	c->query.service = c->query.provider = NULL;
	if ((r = check_all(c)) < 0)
		return r;
	if (c->worse) {
		gv_out_say(c->ctx->out, "nothing was written");
		return 1;
	}
	if ((r = check_freeze(c)) < 0 ||
	    (r = gv_param_is_stored(c->was) ? write_stored(c)
					    : write_files(c)) < 0)
		return r;
	tell_freeze(c);
	tell_written(c);
	if (c->ctx->json)
		tell_json(c);
	else
		tell(c);
	return 0;
}

static void
release(struct change *c)
{
	size_t i;

	gv_param_report_release(&c->had);
	gv_param_report_release(&c->has);
	gv_param_close(c->was);
	gv_param_close(c->is);
	gv_param_pool_close(c->before);
	gv_param_pool_close(c->after);
	for (i = 0; i < c->n; i++) {
		gv_param_edit_release(&c->ones[i].edit);
		free(c->ones[i].path);
	}
	free(c->ones);
}

/* The keys of the command line, each with its value; one alone gets it from
 * stdin or from who is asked. */
static int
take_keys(
    struct change *c, struct gv_buf *given, char **argv, size_t n, bool unset)
{
	const struct gv_config_opts *o = c->ctx->opts;
	const size_t step = unset || n == 1 ? 1 : 2;
	size_t i;
	int r;

	if (n % step || n / step > KEYS_MAX)
		return gv_err(GV_EUSAGE,
		    n % step ? "'%s' has no value: each key needs one"
			     : "more than 1000 keys at once, the last is '%s'",
		    argv[n - 1]);
	if (o->from_stdin && n > 1)
		return gv_err(GV_EUSAGE,
		    "--stdin is the value of one key, and values on the "
		    "command line exclude it");
	c->ones = calloc(n / step, sizeof(*c->ones));
	if (c->ones == NULL)
		return gv_err_nomem();
	for (i = 0; i < n; i += step)
		c->ones[c->n++] = (struct one){ .key = argv[i],
			.value = step == 2 ? argv[i + 1] : NULL,
			.is_from_argv = step == 2 };
	if (unset || step == 2)
		return 0;
	r = o->from_stdin ? read_stdin(given) : ask(given, c->ctx, argv[0]);
	c->ones[0].value = given->p;
	return r;
}

int
gv_config_set(struct gv_ctx *ctx, char **argv, int n, bool unset)
{
	const struct gv_config_opts *o = ctx->opts;
	struct gv_buf given = GV_BUF_INIT;
	struct change c = { .ctx = ctx,
		.query = { .env = o->env,
		    .leaves_maps = true,
		    .service = o->service,
		    .provider = o->provider,
		    .region = o->region,
		    .host = o->host,
		    .layout = o->layout } };
	int fd = -1, r;

	if (o->in_freeze && (o->reason == NULL || *o->reason == '\0'))
		return gv_err(GV_EUSAGE,
		    "--in-freeze needs a --reason, which is recorded in the "
		    "audit chain");
	if (o->reason && !o->in_freeze)
		return gv_err(GV_EUSAGE,
		    "with set and unset, --reason goes with --in-freeze only");
	if ((r = take_keys(&c, &given, argv, (size_t)n, unset)) == 0 &&
	    (r = gv_param_batch_lock(&fd, ctx->repo)) == 0)
		r = run(&c);
	gv_lock_close(fd);
	release(&c);
	if (given.cap)
		explicit_bzero(given.p, given.len);
	gv_buf_release(&given);
	return r;
}
