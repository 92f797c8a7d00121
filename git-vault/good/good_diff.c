#include "git-vault/good/good.h"

#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/history/diff_out.h"
#include "git-vault/look/record_out.h"
#include "git-vault/state/state_change.h"
#include "git-vault/state/state_lend.h"
#include "good/good_diff.h"
#include "record/good.h"
#include "state/track.h"
#include "state/track_diff.h"
#include "view/diff.h"

#define ABBREV 12

struct diff {
	struct gv_ctx *ctx;
	struct gv_good a, b;
	struct gv_diff code, files;
	bool has_code, has_files; /* which of them were compared */
	uint64_t differences;
};

static void
head(struct diff *d, const char *title)
{
	if (d->ctx->json)
		gv_json_array(d->ctx->json, title);
	else
		gv_out_paint(d->ctx->out, GV_OUT_HEAD, "%s\n", title);
}

static void
tail(struct diff *d)
{
	if (d->ctx->json)
		gv_json_end(d->ctx->json);
}

/* ---- code and config ---------------------------------------------------- */

static int
compare(struct gv_diff *out, bool *has, struct gv_ctx *ctx,
    const struct gv_oid *from, const struct gv_oid *to)
{
	const struct gv_diff_opts opts = { .from = { .tree = *from },
		.to = { .tree = *to },
		.no_renames = true };
	int r;

	*has = !gv_oid_is_zero(from) && !gv_oid_is_zero(to);
	if (!*has)
		return 0;
	r = gv_diff_run(out, ctx->repo, &opts);
	*has = r == 0;
	return r;
}

static void
print_change(struct diff *d, const struct gv_diff_change *c)
{
	const char status[] = { c->status, '\0' };

	d->differences++;
	if (d->ctx->json) {
		gv_json_object(d->ctx->json, NULL);
		gv_json_string(
		    d->ctx->json, "change", gv_record_out_word(c->status));
		gv_json_path(d->ctx->json, "path", c->path, c->path_len);
		gv_json_end(d->ctx->json);
		return;
	}
	gv_out_printf(d->ctx->out, " %s ", status);
	gv_out_path(d->ctx->out, c->path, c->path_len);
	gv_out_printf(d->ctx->out, "\n");
}

static int
print_code(struct diff *d)
{
	size_t i;
	int r = 0;

	head(d, "code");
	if (d->ctx->json)
		for (i = 0; d->has_code && i < d->code.n; i++)
			print_change(d, &d->code.changes[i]);
	else if (d->has_code && d->code.n)
		r = gv_diff_out(d->ctx,
		    &(struct gv_diff_out){ .form = "--stat",
			.from = &d->a.code_tree,
			.to = &d->b.code_tree });
	if (d->ctx->json == NULL && d->has_code)
		d->differences += d->code.n;
	tail(d);
	return r;
}

/* Both are sorted by path. */
static bool
is_code(const struct diff *d, const struct gv_diff_change *c, size_t *at)
{
	const struct gv_diff *code = &d->code;
	int order = -1;

	while (d->has_code && *at < code->n &&
	    (order = strcmp(code->changes[*at].path, c->path)) < 0)
		++*at;
	return order == 0;
}

/* What the snapshots have beside the commits: what is ignored or not added. */
static void
print_config(struct diff *d)
{
	size_t i, at = 0;

	head(d, "config");
	for (i = 0; d->has_files && i < d->files.n; i++)
		if (!is_code(d, &d->files.changes[i], &at))
			print_change(d, &d->files.changes[i]);
	tail(d);
}

/* ---- secrets ------------------------------------------------------------ */

static int
print_secret(void *ctx, const struct gv_good_secret *s)
{
	struct diff *d = ctx;
	struct gv_json *j = d->ctx->json;

	d->differences++;
	if (j) {
		gv_json_object(j, NULL);
		gv_json_string(j, "change", s->added ? "added" : "removed");
		gv_json_string(j, "scope", s->scope);
		gv_json_string(j, "rule", s->rule);
		gv_json_string(j, "id", s->id);
		gv_json_path(j, "path", s->path, s->path_len);
		gv_json_end(j);
	} else {
		gv_out_paint(d->ctx->out,
		    s->added ? GV_OUT_ADDED : GV_OUT_REMOVED, " %c %s:%.*s",
		    s->added ? '+' : '-', s->scope, ABBREV, s->id);
		gv_out_printf(d->ctx->out, " %s ", s->rule);
		gv_out_path(d->ctx->out, s->path, s->path_len);
		gv_out_printf(d->ctx->out, "\n");
	}
	return gv_out_stopped(d->ctx->out) ? GV_ECANCELED : 0;
}

/* ---- states ------------------------------------------------------------- */

static int
print_item(void *ctx, const struct gv_track_change *change)
{
	struct diff *d = ctx;

	d->differences++;
	if (d->ctx->json)
		gv_state_change_json(d->ctx->json, NULL, change);
	else
		gv_state_change_print(d->ctx->out, change);
	return gv_out_stopped(d->ctx->out) ? GV_ECANCELED : 0;
}

static const struct gv_good_state *
state_of(const struct gv_good *good, const char *stack)
{
	size_t i;

	for (i = 0; i < good->n_states; i++)
		if (strcmp(good->states[i].stack, stack) == 0)
			return &good->states[i];
	return NULL;
}

static int
resolve(struct gv_track_version *out, struct diff *d, const char *env,
    const struct gv_good_state *s)
{
	const struct gv_track_of of = { env, s->stack };
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, &s->version);
	return gv_track_resolve(out, d->ctx->repo, &of, hex);
}

/* By their resources; where that cannot be, it is said. */
static int
print_items(struct diff *d, const struct gv_good_state *a,
    const struct gv_good_state *b)
{
	struct gv_track_version from = { .env = NULL }, to = { .env = NULL };
	struct gv_state_lend lend = { .ctx = d->ctx };
	struct gv_track_with with = GV_STATE_LEND_WITH(&lend);
	int r = resolve(&from, d, d->a.env, a);

	if (r == 0 && (r = resolve(&to, d, d->b.env, b)) == 0)
		r = gv_track_diff(
		    d->ctx->repo, &from, &to, &with, print_item, d);
	if (r == GV_ENOTFOUND || r == GV_ECORRUPT || r == GV_EREFUSED ||
	    r == GV_ENOKEY) {
		gv_out_warn(d->ctx->out,
		    "the resources of state %s cannot be compared: %s",
		    a->stack, gv_err_message());
		r = 0;
	}
	gv_state_lend_close(&lend);
	gv_track_version_release(&from);
	gv_track_version_release(&to);
	return r;
}

static void
print_version(struct diff *d, const char *key, const struct gv_good_state *s)
{
	char hex[GV_OID_HEX + 1];

	if (d->ctx->json) {
		if (s)
			gv_json_oid(d->ctx->json, key, &s->version);
		else
			gv_json_null(d->ctx->json, key);
		return;
	}
	if (s == NULL) {
		gv_out_printf(d->ctx->out, " none");
		return;
	}
	gv_oid_format(hex, &s->version);
	gv_out_printf(d->ctx->out, " %.*s", ABBREV, hex);
	if (s->has_serial)
		gv_out_printf(d->ctx->out, " (serial %" PRIu64 ")", s->serial);
}

static int
print_state(struct diff *d, const char *stack, const struct gv_good_state *a,
    const struct gv_good_state *b)
{
	struct gv_json *j = d->ctx->json;
	int r = 0;

	if (a && b && gv_oid_equal(&a->version, &b->version))
		return 0;
	d->differences++;
	if (j) {
		gv_json_object(j, NULL);
		gv_json_string(j, "stack", stack);
	} else {
		gv_out_printf(d->ctx->out, " ");
		gv_out_text(d->ctx->out, stack, strlen(stack));
		gv_out_printf(d->ctx->out, ":");
	}
	print_version(d, "from", a);
	if (j == NULL)
		gv_out_printf(d->ctx->out, " ->");
	print_version(d, "to", b);
	if (j)
		gv_json_array(j, "changes");
	else
		gv_out_printf(d->ctx->out, "\n");
	if (a && b)
		r = print_items(d, a, b);
	if (j) {
		gv_json_end(j);
		gv_json_end(j);
	}
	return r;
}

static int
print_states(struct diff *d)
{
	size_t i;
	int r = 0;

	head(d, "states");
	for (i = 0; r == 0 && i < d->a.n_states; i++) {
		const struct gv_good_state *a = &d->a.states[i];

		r = print_state(d, a->stack, a, state_of(&d->b, a->stack));
	}
	for (i = 0; r == 0 && i < d->b.n_states; i++) {
		const struct gv_good_state *b = &d->b.states[i];

		if (state_of(&d->a, b->stack) == NULL)
			r = print_state(d, b->stack, NULL, b);
	}
	tail(d);
	return r;
}

/* ---- artifacts ---------------------------------------------------------- */

static void
print_artifact(struct diff *d, const char *name, const char *a, const char *b)
{
	struct gv_json *j = d->ctx->json;

	d->differences++;
	if (j) {
		gv_json_object(j, NULL);
		gv_json_string(j, "name", name);
		gv_json_string(j, "from", a);
		gv_json_string(j, "to", b);
		gv_json_end(j);
		return;
	}
	gv_out_printf(d->ctx->out, " ");
	gv_out_text(d->ctx->out, name, strlen(name));
	gv_out_printf(
	    d->ctx->out, ": %s -> %s\n", a ? a : "none", b ? b : "none");
}

/* Both are sorted by name. */
static void
print_artifacts(struct diff *d)
{
	const struct gv_good_item *a = d->a.artifacts, *b = d->b.artifacts;
	const struct gv_good_item *a_end = a + d->a.n_artifacts;
	const struct gv_good_item *b_end = b + d->b.n_artifacts;

	head(d, "artifacts");
	while (a < a_end || b < b_end) {
		int order = a == a_end ? 1
		    : b == b_end       ? -1
				       : strcmp(a->name, b->name);

		if (order < 0)
			print_artifact(d, a->name, a->sha256, NULL);
		else if (order > 0)
			print_artifact(d, b->name, NULL, b->sha256);
		else if (strcmp(a->sha256, b->sha256) != 0)
			print_artifact(d, a->name, a->sha256, b->sha256);
		a += order <= 0;
		b += order >= 0;
	}
	tail(d);
}

/* ---- all of it ---------------------------------------------------------- */

static int
print(struct diff *d)
{
	int r = compare(
	    &d->code, &d->has_code, d->ctx, &d->a.code_tree, &d->b.code_tree);

	if (r < 0)
		return r;
	r = compare(&d->files, &d->has_files, d->ctx, &d->a.snapshot_tree,
	    &d->b.snapshot_tree);
	if (r < 0)
		return r;
	if (d->ctx->json) {
		gv_json_object(d->ctx->json, NULL);
		gv_json_string(d->ctx->json, "environment", d->a.env);
		gv_json_uint(d->ctx->json, "from", d->a.n);
		gv_json_uint(d->ctx->json, "to", d->b.n);
	}
	if ((r = print_code(d)) < 0)
		goto out;
	print_config(d);
	head(d, "secrets");
	r = gv_good_diff_secrets(d->ctx->repo, &d->a, &d->b, print_secret, d);
	tail(d);
	if (r < 0 || (r = print_states(d)) < 0)
		goto out;
	print_artifacts(d);
out:
	if (d->ctx->json)
		gv_json_end(d->ctx->json);
	return r;
}

int
gv_good_cmd_diff(struct gv_ctx *ctx, int argc, char **argv)
{
	struct diff d = { .ctx = ctx,
		.a = GV_GOOD_INIT,
		.b = GV_GOOD_INIT,
		.code = GV_DIFF_INIT,
		.files = GV_DIFF_INIT };
	unsigned m, n;
	int r = gv_good_cmd_number(&m, argv[1]);

	(void)argc;
	if (r == 0 && (r = gv_good_cmd_number(&n, argv[2])) == 0 &&
	    (r = gv_good_load(&d.a, ctx->repo, argv[0], m)) == 0 &&
	    (r = gv_good_load(&d.b, ctx->repo, argv[0], n)) == 0)
		r = print(&d);
	gv_diff_release(&d.code);
	gv_diff_release(&d.files);
	gv_good_release(&d.a);
	gv_good_release(&d.b);
	return r < 0 ? r : d.differences != 0;
}
