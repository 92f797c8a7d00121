#include "git-vault/look/reveal_out.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/look/reveal_patch.h"
#include "git-vault/look/revealed_out.h"
#include "policy/disclosure.h"
#include "rollback/configkeys_change.h"
#include "safe/safe.h"
#include "safe/safe_who.h"
#include "seal/withheld.h"
#include "view/diff.h"
#include "view/reveal.h"

#define SHOWN 20 /* keys of a file */

/* Files that are encrypted as a whole are opened for the names of their keys;
 * of more than these only the path is printed. */
#define OPENED 200

static const char *const words[] = {
	[GV_CONFIGKEYS_ADDED] = "added",
	[GV_CONFIGKEYS_CHANGED] = "changed",
	[GV_CONFIGKEYS_REMOVED] = "removed",
};

struct gv_reveal_out {
	struct gv_ctx *ctx;
	struct gv_reveal_keys *keys;
	struct gv_reveal *reveal;
	bool is_told; /* the audit chain has the event */
	size_t opened;
	struct gv_disclosure disclosure;
	struct gv_arena arena;
	struct gv_reveal_patch_left left;
};

/* What is said of one change. */
struct names {
	struct gv_configkeys_changes keys;
	const char *note; /* where no key is known: what happened to the file */
};

int
gv_reveal_out_open(struct gv_reveal_out **out, struct gv_ctx *ctx,
    struct gv_repo *repo, const struct gv_reveal_side *from,
    const struct gv_reveal_side *to, struct gv_reveal_keys *keys)
{
	struct gv_reveal_out *v = calloc(1, sizeof(*v));
	int r;

	if (v == NULL)
		return gv_err_nomem();
	v->ctx = ctx;
	v->keys = keys;
	v->disclosure = (struct gv_disclosure)GV_DISCLOSURE_INIT(ctx->repo);
	v->arena = (struct gv_arena)GV_ARENA_INIT;
	r = gv_reveal_open(&v->reveal, repo, from, to);
	/* files can be compared without it */
	if (!keys->asked->secrets && (r == GV_ECORRUPT || r == GV_ENOTFOUND)) {
		gv_out_warn(ctx->out, "which secrets changed is unknown: %s",
		    gv_err_message());
		r = 0;
	}
	if (r == 0 && keys->asked->secrets) {
		gv_out_without_pager(ctx->out);
		if (keys->safe == NULL)
			r = gv_identity_opt_open(
			    &keys->safe, ctx, &keys->asked->identities);
	}
	if (r == 0 && keys->safe && v->reveal)
		gv_reveal_use(v->reveal, keys->safe);
	if (r == 0)
		*out = v;
	else
		(void)gv_reveal_out_close(v, r);
	return r;
}

void
gv_reveal_keys_close(struct gv_reveal_keys *k, struct gv_ctx *ctx)
{
	if (k->asked->secrets && k->sealed)
		gv_revealed_out_access(ctx, k->safe);
	if (k->asked->secrets)
		gv_identity_opt_tell(ctx, k->safe);
	gv_safe_close(k->safe);
	k->safe = NULL;
}

int
gv_reveal_out_close(struct gv_reveal_out *v, int r)
{
	if (v == NULL)
		return r;
	v->keys->sealed += v->left.sealed;
	if (r >= 0 && v->left.damaged)
		r = gv_err(GV_ECORRUPT,
		    "%zu secret%s lost; to look for %s elsewhere: git vault "
		    "repair",
		    v->left.damaged, v->left.damaged == 1 ? " is" : "s are",
		    v->left.damaged == 1 ? "it" : "them");
	else if (r >= 0 && v->left.sealed)
		r = gv_err(GV_ENOKEY,
		    "%zu secret%s encrypted: no key of yours opens %s",
		    v->left.sealed, v->left.sealed == 1 ? " stays" : "s stay",
		    v->left.sealed == 1 ? "it" : "them");
	gv_reveal_close(v->reveal);
	gv_disclosure_release(&v->disclosure);
	gv_arena_release(&v->arena);
	free(v);
	return r;
}

bool
gv_reveal_out_takes(void *ctx, const struct gv_diff_change *c)
{
	const struct gv_reveal_out *v = ctx;

	return v->keys->asked->secrets && gv_reveal_has(v->reveal, c);
}

/* ---- names --------------------------------------------------------------- */

static int
looks_secret(void *ctx, char *name)
{
	struct gv_reveal_out *v = ctx;
	struct gv_disclosed found;

	return gv_disclosure_find(&found, &v->disclosure, name);
}

/* A key that is at hand without a question. Without one the safe stays closed,
 * for whatever reason but want of memory: names are worth no failure. 0 or
 * GV_ENOMEM. */
static int
seek_key(struct gv_reveal_out *v)
{
	const struct gv_safe_opts opts = { .now = v->ctx->now };
	struct gv_reveal_keys *keys = v->keys;
	const struct gv_identity *const *ids;
	size_t n = 0;
	int r;

	if (keys->is_sought || keys->safe)
		return 0;
	keys->is_sought = true;
	if ((r = gv_safe_open(&keys->safe, v->ctx->repo, &opts)) == 0)
		r = gv_safe_identities_at_hand(&ids, &n, keys->safe);
	if (r == 0 && n) {
		gv_reveal_use(v->reveal, keys->safe);
		return 0;
	}
	gv_safe_close(keys->safe);
	keys->safe = NULL;
	return r == GV_ENOMEM ? r : 0;
}

static int
read_both(struct gv_reveal_text t[2], struct gv_reveal_out *v,
    const struct gv_diff_change *c, enum gv_reveal_how how)
{
	int r = gv_reveal_read(&t[0], v->reveal, GV_REVEAL_FROM, c, how);

	return r < 0 ? r
		     : gv_reveal_read(&t[1], v->reveal, GV_REVEAL_TO, c, how);
}

static void
release_both(struct gv_reveal_text t[2])
{
	gv_reveal_text_release(&t[0]);
	gv_reveal_text_release(&t[1]);
}

/* Compare the keys of both texts, if all of them is known. */
static int
compare_keys(struct names *out, struct gv_reveal_out *v,
    const struct gv_diff_change *c, struct gv_reveal_text t[2], bool is_whole)
{
	const struct gv_configkeys_how how = {
		.only_sealed = true, .looks_secret = looks_secret, .ctx = v
	};
	struct gv_configkeys_text sides[2];
	int i;

	for (i = 0; i < 2; i++) {
		if (t[i].is_large)
			return 0;
		sides[i] = (struct gv_configkeys_text){ .p = t[i].bytes.p,
			.len = t[i].bytes.len,
			.stood = t[i].stood,
			.n = t[i].n,
			.is_whole = is_whole };
	}
	return gv_configkeys_change_find(
	    &out->keys, c->path, &sides[0], &sides[1], &how, &v->arena);
}

/* The values of a file that is encrypted as a whole are compared in locked
 * memory; only names leave it. */
static int
open_whole(
    struct names *out, struct gv_reveal_out *v, const struct gv_diff_change *c)
{
	struct gv_reveal_text t[2] = { { .n = 0 } };
	int r = seek_key(v);

	if (r < 0 || v->keys->safe == NULL || v->opened >= OPENED)
		return r;
	v->opened++;
	if ((r = read_both(t, v, c, GV_REVEAL_CLEAR)) == 0 &&
	    t[0].left.sealed + t[0].left.damaged + t[1].left.sealed +
		    t[1].left.damaged ==
		0)
		r = compare_keys(out, v, c, t, true);
	release_both(t);
	/* a value that is not to be had is no reason to print nothing */
	return r == GV_ENOMEM ? r : 0;
}

/* What is said where no key of the file is known. */
static const char *
note_of(const struct gv_diff_change *c, bool is_whole)
{
	if (!is_whole)
		return c->status == 'A' ? "a secret was added"
		    : c->status == 'D'  ? "a secret was removed"
					: "a secret changed";
	return c->status == 'A' ? "added, fully encrypted"
	    : c->status == 'D'  ? "removed, fully encrypted"
				: "changed, fully encrypted";
}

static bool
same_ids(const struct gv_revealed_file *a, const struct gv_revealed_file *b)
{
	size_t i;

	if (a == NULL || b == NULL || a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++)
		if (!gv_digest_equal(&a->places[i].id, &b->places[i].id))
			return false;
	return true;
}

static int
find_names(
    struct names *out, struct gv_reveal_out *v, const struct gv_diff_change *c)
{
	struct gv_reveal_text t[2] = { { .n = 0 } };
	bool is_whole;
	int r = read_both(t, v, c, GV_REVEAL_STORED);

	memset(out, 0, sizeof(*out));
	is_whole = t[0].is_whole || t[1].is_whole;
	/* of a damaged file, that it changed is all that is known */
	if (r < 0 && r != GV_ENOMEM)
		r = 0;
	else if (r == 0 && is_whole)
		r = open_whole(out, v, c);
	else if (r == 0)
		r = compare_keys(out, v, c, t, false);
	if (r == 0 && out->keys.n == 0 && !same_ids(t[0].file, t[1].file))
		out->note = note_of(c, is_whole);
	release_both(t);
	return r;
}

static void
print_key(struct gv_out *out, const struct gv_configkeys_change *key)
{
	if (key->name)
		gv_out_path(out, key->name, strlen(key->name));
	else
		gv_out_printf(out, "(a name that looks like a secret)");
	gv_out_printf(out, " %s", words[key->kind]);
}

int
gv_reveal_out_names(
    struct gv_reveal_out *v, const struct gv_diff_change *c, const char *indent)
{
	struct gv_out *out = v->ctx->out;
	struct names names;
	size_t i;
	int r;

	if (!gv_reveal_has(v->reveal, c))
		return 0;
	if ((r = find_names(&names, v, c)) < 0)
		return r;
	for (i = 0; i < names.keys.n && i < SHOWN; i++) {
		gv_out_printf(out, "%s", indent);
		print_key(out, &names.keys.items[i]);
		gv_out_printf(out, "\n");
	}
	if (names.keys.n > SHOWN)
		gv_out_printf(
		    out, "%sand %zu more keys\n", indent, names.keys.n - SHOWN);
	if (names.note)
		gv_out_printf(out, "%s%s\n", indent, names.note);
	return 0;
}

int
gv_reveal_out_json(struct gv_reveal_out *v, const struct gv_diff_change *c)
{
	struct gv_json *j = v->ctx->json;
	struct names names;
	size_t i;
	int r;

	if (!gv_reveal_has(v->reveal, c))
		return 0;
	r = find_names(&names, v, c);
	if (r < 0)
		return r;
	gv_json_array(j, "keys");
	for (i = 0; i < names.keys.n; i++) {
		gv_json_object(j, NULL);
		gv_json_string(j, "key", names.keys.items[i].name);
		gv_json_string(j, "change", words[names.keys.items[i].kind]);
		gv_json_bool(j, "sealed", names.keys.items[i].is_sealed);
		gv_json_end(j);
	}
	gv_json_end(j);
	return 0;
}

/* ---- behind a patch ------------------------------------------------------ */

/* "x.env: A changed, B added" */
static int
print_line(struct gv_reveal_out *v, const struct gv_diff_change *c, bool first)
{
	struct gv_out *out = v->ctx->out;
	struct names names;
	size_t i;
	int r = find_names(&names, v, c);

	if (r < 0 || (names.keys.n == 0 && names.note == NULL))
		return r;
	if (first)
		gv_out_paint(out, GV_OUT_HEAD, "secrets:\n");
	gv_out_printf(out, " ");
	gv_out_path(out, c->path, c->path_len);
	gv_out_printf(out, ":");
	for (i = 0; i < names.keys.n && i < SHOWN; i++) {
		gv_out_printf(out, i ? ", " : " ");
		print_key(out, &names.keys.items[i]);
	}
	if (names.keys.n > SHOWN)
		gv_out_printf(out, " and %zu more keys", names.keys.n - SHOWN);
	gv_out_printf(
	    out, "%s%s\n", names.note ? " " : "", names.note ? names.note : "");
	return 1;
}

static int
print_lines(
    struct gv_reveal_out *v, const struct gv_diff *diff, const char *how)
{
	size_t i, n = 0;
	int r = 0;

	for (i = 0; r >= 0 && i < diff->n; i++) {
		if (gv_out_stopped(v->ctx->out))
			break;
		if (!gv_reveal_has(v->reveal, &diff->changes[i]))
			continue;
		r = print_line(v, &diff->changes[i], n == 0);
		n += r > 0;
	}
	if (r >= 0 && n && how)
		gv_out_paint(v->ctx->out, GV_OUT_DIM,
		    " to show their values: %s\n", how);
	return r < 0 ? r : 0;
}

int
gv_reveal_out_tell(struct gv_reveal_out *v, const struct gv_diff *diff)
{
	int r;

	if (!v->keys->asked->secrets || v->is_told)
		return 0;
	r = gv_reveal_tell(
	    v->reveal, v->ctx->repo, diff, v->keys->asked->reason);
	v->is_told = r == 0;
	return r;
}

static int
print_patches(
    struct gv_reveal_out *v, const struct gv_diff *diff, size_t context)
{
	struct gv_reveal_text t[2] = { { .n = 0 } };
	size_t i;
	int r = gv_reveal_out_tell(v, diff);

	for (i = 0; r == 0 && i < diff->n; i++) {
		const struct gv_diff_change *c = &diff->changes[i];

		if (gv_out_stopped(v->ctx->out))
			break;
		if (!gv_reveal_has(v->reveal, c))
			continue;
		if ((r = read_both(t, v, c, GV_REVEAL_CLEAR)) == 0)
			r = gv_reveal_patch_print(
			    &v->left, v->ctx, c, t, context);
		release_both(t);
	}
	return r;
}

int
gv_reveal_out_patch(struct gv_reveal_out *v, const struct gv_diff *diff,
    long context, const char *how)
{
	return v->keys->asked->secrets
	    ? print_patches(v, diff, context < 0 ? 3 : (size_t)context)
	    : print_lines(v, diff, how);
}
