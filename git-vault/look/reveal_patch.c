#include "git-vault/look/reveal_patch.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/linediff.h"
#include "base/path.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/out.h"
#include "rollback/configkeys.h"
#include "seal/withheld.h"
#include "view/diff.h"
#include "view/reveal.h"

/* ---- the head ------------------------------------------------------------ */

/* "a/path", quoted where the path is odd. */
static void
print_side(struct gv_out *out, char side, const char *path, size_t len)
{
	struct gv_buf b = GV_BUF_INIT;

	gv_buf_addf(&b, "%c/", side);
	gv_buf_add(&b, path, len);
	gv_out_path(out, b.p, b.len);
	gv_buf_release(&b);
}

static void
print_modes(struct gv_out *out, const struct gv_diff_change *c)
{
	if (c->old_mode == 0)
		gv_out_paint(
		    out, GV_OUT_HEAD, "new file mode %06o\n", c->new_mode);
	else if (c->new_mode == 0)
		gv_out_paint(
		    out, GV_OUT_HEAD, "deleted file mode %06o\n", c->old_mode);
	else if (c->old_mode != c->new_mode)
		gv_out_paint(out, GV_OUT_HEAD, "old mode %06o\nnew mode %06o\n",
		    c->old_mode, c->new_mode);
}

static void
print_name(struct gv_out *out, const char *before, const char *path, size_t len,
    char side, unsigned mode)
{
	gv_out_printf(out, "%s", before);
	if (mode)
		print_side(out, side, path, len);
	else
		gv_out_printf(out, "/dev/null");
}

static void
print_head(struct gv_out *out, const struct gv_diff_change *c)
{
	const char *old = c->old_path ? c->old_path : c->path;
	size_t old_len = c->old_path ? c->old_path_len : c->path_len;

	gv_out_printf(out, "diff --git ");
	print_side(out, 'a', old, old_len);
	gv_out_printf(out, " ");
	print_side(out, 'b', c->path, c->path_len);
	gv_out_printf(out, "\n");
	print_modes(out, c);
}

static void
print_sides(struct gv_out *out, const struct gv_diff_change *c,
    const char *first, const char *second, const char *third)
{
	const char *old = c->old_path ? c->old_path : c->path;
	size_t old_len = c->old_path ? c->old_path_len : c->path_len;

	print_name(out, first, old, old_len, 'a', c->old_mode);
	print_name(out, second, c->path, c->path_len, 'b', c->new_mode);
	gv_out_printf(out, "%s", third);
}

/* ---- the lines ----------------------------------------------------------- */

struct printing {
	struct gv_out *out;
	const struct gv_diff_change *change;
	bool has_head;
};

static int
print_hunk(void *ctx, const struct gv_linediff_hunk *h)
{
	struct printing *p = ctx;

	if (!p->has_head)
		print_sides(p->out, p->change, "--- ", "\n+++ ", "\n");
	p->has_head = true;
	gv_out_printf(p->out, "@@ -%zu", h->old_first);
	if (h->old_n != 1)
		gv_out_printf(p->out, ",%zu", h->old_n);
	gv_out_printf(p->out, " +%zu", h->new_first);
	if (h->new_n != 1)
		gv_out_printf(p->out, ",%zu", h->new_n);
	gv_out_printf(p->out, " @@\n");
	return 0;
}

static int
print_line(void *ctx, char sign, const char *line, size_t len, bool is_cut)
{
	struct printing *p = ctx;
	enum gv_out_slot slot = sign == '+' ? GV_OUT_ADDED
	    : sign == '-'                   ? GV_OUT_REMOVED
					    : GV_OUT_PLAIN;

	gv_out_paint(p->out, slot, "%c", sign);
	gv_out_pass_line(p->out, slot, line, len);
	if (is_cut)
		gv_out_printf(p->out, "\\ No newline at end of file\n");
	return gv_out_stopped(p->out) ? GV_ECANCELED : 0;
}

static const char *
text_of(const struct gv_reveal_text *t)
{
	return t->bytes.len ? (const char *)t->bytes.p : "";
}

/* As git tells: a NUL in the first bytes. */
static bool
is_binary(const struct gv_reveal_text *t)
{
	size_t len = t->bytes.len < 8000 ? t->bytes.len : 8000;

	return t->is_large || (len && memchr(t->bytes.p, '\0', len));
}

static bool
is_equal(const struct gv_reveal_text *a, const struct gv_reveal_text *b)
{
	return !a->is_large && !b->is_large && a->is_missing == b->is_missing &&
	    gv_secret_is(&a->bytes, b->bytes.p, b->bytes.len);
}

/* ---- what stays encrypted ------------------------------------------------ */

/* Append "KEY of ", of the key that has this place in its value; else the
 * secret's rule. */
static int
add_key(struct gv_buf *out, const char *path, const struct gv_reveal_text *t,
    const struct gv_revealed_stood *at)
{
	struct gv_configkeys keys = { .n = 0 };
	size_t i, len;
	int r = gv_configkeys_knows(path)
	    ? gv_configkeys_read(&keys, path, text_of(t), t->bytes.len)
	    : GV_ENOTFOUND;

	for (i = 0; r == 0 && i < keys.n; i++) {
		const struct gv_configkeys_key *k = &keys.keys[i];
		const char *name = gv_configkeys_name(&keys, k, &len);

		if (at->at < k->at + k->len && k->at < at->at + at->len) {
			gv_path_quote(out, name, len);
			break;
		}
	}
	gv_configkeys_release(&keys);
	if (r == GV_ENOTFOUND || (r == 0 && out->len == 0)) {
		gv_buf_addf(
		    out, "a secret (%s)", t->file->places[at - t->stood].rule);
		r = 0;
	}
	gv_buf_addstr(out, " of ");
	return r;
}

static int
warn_of(struct gv_ctx *ctx, const char *path, const struct gv_reveal_text *t,
    size_t i)
{
	const struct gv_withheld_entry *e = &t->file->entries[i];
	struct gv_buf name = GV_BUF_INIT, file = GV_BUF_INIT;
	int r = t->is_whole ? 0 : add_key(&name, path, t, &t->stood[i]);

	gv_buf_addstr(&name, "");
	gv_path_quote(&file, path, strlen(path));
	if (r < 0 || (r = gv_buf_check(&file)) < 0)
		goto out;
	if (e->kind == GV_WITHHELD_STATE)
		gv_out_warn(ctx->out,
		    "%s is a tool's state; to compare its versions: git vault "
		    "state diff",
		    file.p);
	else if (t->left.damaged)
		gv_out_warn(ctx->out, "%s%s is not shown: %s", name.p, file.p,
		    t->left.reason);
	else
		gv_out_warn(ctx->out,
		    "%s%s is not shown: no key of yours opens scope %s", name.p,
		    file.p, e->scope);
out:
	gv_buf_release(&name);
	gv_buf_release(&file);
	return r;
}

static bool
has_left(const struct gv_reveal_text *t)
{
	return t->left.sealed || t->left.damaged;
}

static int
warn(struct gv_reveal_patch_left *left, struct gv_ctx *ctx,
    const struct gv_diff_change *c, const struct gv_reveal_text *t, bool quiet)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < t->n; i++) {
		if (!t->stood[i].is_left)
			continue;
		if (!quiet)
			r = warn_of(ctx, c->path, t, i);
		if (t->file->entries[i].kind == GV_WITHHELD_STATE)
			continue;
		left->sealed += t->left.damaged == 0;
		left->damaged += t->left.damaged != 0;
	}
	return r;
}

int
gv_reveal_patch_print(struct gv_reveal_patch_left *left, struct gv_ctx *ctx,
    const struct gv_diff_change *c, const struct gv_reveal_text t[2],
    size_t context)
{
	struct printing p = { .out = ctx->out, .change = c };
	const struct gv_linediff_to to = { print_hunk, print_line, &p };
	/* what both sides lack is said once */
	bool both = has_left(&t[0]) && has_left(&t[1]);
	int r = warn(left, ctx, c, &t[0], both);

	if (r == 0)
		r = warn(left, ctx, c, &t[1], false);
	if (r < 0 || (is_equal(&t[0], &t[1]) && c->old_mode == c->new_mode))
		return r;
	print_head(ctx->out, c);
	if (is_binary(&t[0]) || is_binary(&t[1])) {
		print_sides(ctx->out, c, "Binary files ", " and ", " differ\n");
		return 0;
	}
	r = gv_linediff(&to, text_of(&t[0]), t[0].bytes.len, text_of(&t[1]),
	    t[1].bytes.len, context);
	return r == GV_ECANCELED && gv_out_stopped(ctx->out) ? 0 : r;
}
