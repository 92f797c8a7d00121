#include "git-vault/front/cmd.h"
#include "git-vault/front/identity_opt.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/path.h"
#include "base/time.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/front/place.h"
#include "git-vault/look/autosave_out.h"
#include "git-vault/look/class_out.h"
#include "git-vault/look/left_out.h"
#include "git-vault/look/policy_out.h"
#include "git-vault/look/record_out.h"
#include "git-vault/look/reveal_out.h"
#include "git-vault/look/status_secrets.h"
#include "key/keyfile.h"
#include "key/keyring_store.h"
#include "record/record_save.h"
#include "repo/repo.h"
#include "safe/safe.h"
#include "safe/safe_who.h"
#include "snapshot/status.h"
#include "view/content.h"
#include "view/saved.h"

struct status_opts {
	const char *explain;
	bool porcelain, nul, ignored;
	struct gv_reveal_opts reveal;
};

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_STRING,
	    .name = "explain",
	    .arg = "PATH",
	    .kind = GV_OPT_PATH,
	    .at = offsetof(struct status_opts, explain),
	    .help = "explain why this path is stored or left out" },
	{ .type = GV_OPT_BOOL,
	    .name = "ignored",
	    .at = offsetof(struct status_opts, ignored),
	    .help = "list ignored files, whether each is stored, and why" },
	{ .type = GV_OPT_BOOL,
	    .name = "porcelain",
	    .at = offsetof(struct status_opts, porcelain),
	    .help = "stable output for scripts" },
	{ .type = GV_OPT_BOOL,
	    .letter = 'z',
	    .at = offsetof(struct status_opts, nul),
	    .help = "like --porcelain, with NUL after each unquoted path" },
	GV_REVEAL_OPTS(struct status_opts, reveal),
	GV_IDENTITY_OPT(struct status_opts, reveal.identities), GV_OPT_LAST
};

/* As a person reads them; those of a script never change. */
static const char *const shown[] = {
	[GV_STATUS_TRACKED] = "tracked",
	[GV_STATUS_UNTRACKED] = "untracked",
	[GV_STATUS_PRECIOUS] = "ignored",
	[GV_STATUS_IGNORED] = "ignored",
};

static const char *const kinds[] = {
	[GV_STATUS_TRACKED] = "tracked",
	[GV_STATUS_UNTRACKED] = "untracked",
	[GV_STATUS_PRECIOUS] = "precious",
	[GV_STATUS_IGNORED] = "ignored",
};

static int
explain(struct gv_ctx *ctx, const char *path)
{
	struct gv_buf top = GV_BUF_INIT, why = GV_BUF_INIT;
	const char *class = NULL;
	char *text = NULL;
	enum gv_census_kept kept;
	int r;

	if ((r = gv_place_from_top(&top, ctx->repo, path)) < 0)
		goto out;
	r = gv_status_explain(&text, &kept, ctx->repo, top.p, top.len);
	if (r == 0 && kept == GV_CENSUS_KEPT && top.len)
		r = gv_class_out_explain(&class, &why, ctx, top.p);
	if (r < 0)
		goto out;
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_path(ctx->json, "path", top.p, top.len);
		gv_json_bool(ctx->json, "kept", kept == GV_CENSUS_KEPT);
		gv_json_string(ctx->json, "reason", text);
		gv_json_string(ctx->json, "class", class);
		gv_json_string(
		    ctx->json, "class_reason", why.len ? why.p : NULL);
		gv_json_end(ctx->json);
	} else {
		gv_out_path(ctx->out, top.p, top.len);
		gv_out_printf(ctx->out, ": ");
		gv_out_prose(ctx->out, text, strlen(text), top.len + 2);
		if (why.len)
			gv_out_prose(ctx->out, why.p, why.len, 0);
	}
out:
	gv_buf_release(&why);
	free(text);
	gv_buf_release(&top);
	return r;
}

/* What is worth a line of who decrypts. */
struct readers {
	bool of_one;  /* one key file alone decrypts all secrets */
	bool is_lost; /* the only person's key is not here: it is this user's */
};

/* If the keyring is damaged, warn, and print the rest. */
static int
look_at_keyring(struct readers *out, struct gv_ctx *ctx)
{
	struct gv_safe *safe = NULL;
	int r = gv_identity_opt_open(&safe, ctx, NULL);

	*out = (struct readers){ .of_one = false };
	if (r == 0 && (r = gv_safe_is_of_one(&out->of_one, safe)) == 0 &&
	    gv_safe_keyring(safe))
		r = gv_keyfile_is_lost(
		    &out->is_lost, &gv_safe_keyring(safe)->keyring);
	if (r == 0)
		gv_identity_opt_tell(ctx, safe);
	else if (r != GV_ENOMEM)
		gv_out_warn(ctx->out, "%s", gv_err_message());
	gv_safe_close(safe);
	return r == GV_ENOMEM ? r : 0;
}

static void
print_json(struct gv_ctx *ctx, const struct gv_status *s,
    const struct readers *readers)
{
	struct gv_json *j = ctx->json;
	size_t i;

	gv_json_object(j, NULL);
	gv_json_string(j, "last", *s->last.id ? s->last.id : NULL);
	if (*s->last.id)
		gv_json_time(j, "last_time", s->last.time);
	if (s->last.omits)
		gv_json_string(j, "last_omits", s->last.omits);
	gv_json_uint(j, "files", s->files);
	gv_json_uint(j, "bytes", s->bytes);
	gv_json_uint(j, "precious", s->precious);
	gv_json_uint(j, "ignored_stored", s->others);
	gv_json_uint(j, "precious_unheld", s->unheld);
	gv_json_uint(j, "build_products", s->products);
	gv_json_uint(j, "ignored", s->ignored);
	gv_left_out_json(ctx, s->left);
	gv_json_bool(j, "sealed_for_one", readers->of_one);
	gv_json_array(j, "changes");
	for (i = 0; i < s->n; i++) {
		const struct gv_status_entry *e = &s->entries[i];

		gv_json_object(j, NULL);
		gv_json_path(j, "path", e->path, e->len);
		gv_json_string(j, "change", gv_record_out_word(e->change));
		gv_json_string(j, "kind", kinds[e->kind]);
		gv_json_uint(j, "bytes", e->size);
		gv_json_bool(j, "unheld", e->is_unheld);
		gv_json_bool(j, "left_out", e->is_left || e->is_out);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_end(j);
}

static void
print_porcelain(struct gv_ctx *ctx, const struct gv_status *s, bool nul)
{
	struct gv_buf path = GV_BUF_INIT;
	size_t i;

	for (i = 0; i < s->n; i++) {
		const struct gv_status_entry *e = &s->entries[i];

		gv_out_printf(ctx->out, "%c%c ", e->change, kinds[e->kind][0]);
		gv_buf_reset(&path);
		if (nul)
			gv_buf_add(&path, e->path, e->len + 1);
		else
			gv_path_quote(&path, e->path, e->len);
		gv_out_write(ctx->out, path.p, path.len);
		if (!nul)
			gv_out_printf(ctx->out, "\n");
	}
	gv_buf_release(&path);
}

static enum gv_out_slot
slot_of(char change)
{
	if (change == 'A')
		return GV_OUT_ADDED;
	return change == 'D' || change == 'X' ? GV_OUT_REMOVED : GV_OUT_CHANGED;
}

static void
print_none(struct gv_ctx *ctx)
{
	struct gv_buf saves = GV_BUF_INIT;

	if (gv_record_save_only(&saves, ctx->repo, ctx->now) == 0)
		gv_buf_addstr(&saves, ": nothing here is protected");
	if (gv_buf_check(&saves) == 0)
		gv_out_printf(ctx->out,
		    "No snapshot yet%s. Take one with: git vault snapshot\n",
		    saves.p);
	gv_buf_release(&saves);
}

static void
print_last(struct gv_ctx *ctx, const struct gv_status *s)
{
	char age[GV_TIME_MAX];

	if (*s->last.id == '\0') {
		print_none(ctx);
		return;
	}
	gv_time_relative(age, s->last.time, ctx->now);
	gv_out_printf(ctx->out, "Last snapshot ");
	gv_out_paint(ctx->out, GV_OUT_ID, "%s", s->last.id);
	gv_out_printf(ctx->out, " (%s)\n", age);
	gv_record_out_without(ctx->out, &s->last);
	if (gv_autosave_out_age(age, ctx, s->last.time))
		gv_out_printf(ctx->out,
		    "An automatic save is newer: auto:now (%s)\n", age);
}

static bool
is_metadata(const struct gv_status_entry *e)
{
	return e->change == 'm' && !e->is_left;
}

/* Whether an entry has a row of its own, or is part of the line of metadata.
 * Without -v, what is not stored is only counted in the line "Left out", and
 * before the first snapshot everything is new. */
static bool
is_shown(const struct gv_ctx *ctx, const struct gv_status *s,
    const struct gv_status_entry *e, bool whole)
{
	if (ctx->verbosity > 0 || !whole || e->change == 'X')
		return true;
	return *s->last.id && !e->is_left;
}

static size_t
count_shown(const struct gv_ctx *ctx, const struct gv_status *s, bool whole)
{
	size_t i, n = 0;

	for (i = 0; i < s->n; i++)
		n += is_shown(ctx, s, &s->entries[i], whole);
	return n;
}

/* How many files the line "metadata only" stands for; 0: there is no such line.
 * chmod -R or a copy changes the metadata of thousands of files, so without -v
 * they are one line. */
static size_t
count_metadata(const struct gv_ctx *ctx, const struct gv_status *s)
{
	size_t i, n = 0;

	for (i = 0; i < s->n; i++)
		n += is_metadata(&s->entries[i]);
	return n > 1 && ctx->verbosity <= 0 ? n : 0;
}

static void
print_metadata(
    struct gv_ctx *ctx, const struct gv_status_entry *first, size_t n)
{
	gv_out_printf(ctx->out, "  ");
	gv_out_paint(ctx->out, slot_of('m'), "%-10s ", "metadata");
	gv_out_printf(ctx->out, "%zu files, such as ", n);
	gv_out_path(ctx->out, first->path, first->len);
	gv_out_printf(ctx->out, "; to list them: git vault status -v\n");
}

/* What is done to a path, as a person reads it. */
static const char *
word_of(const struct gv_status_entry *e)
{
	static const char letters[] = "AMmDX=";
	static const char *const words[] = { "new", "changed", "metadata",
		"gone", "unreadable", "unchanged" };
	const char *at = strchr(letters, e->change);

	if (e->is_excluded)
		return "excluded";
	if (e->is_left || e->is_out)
		return "left out";
	return at ? words[at - letters] : "?";
}

static void
print_changes(struct gv_ctx *ctx, const struct gv_status *s, bool whole)
{
	const struct gv_status_entry *first = NULL;
	size_t n = count_metadata(ctx, s), i;

	for (i = 0; i < s->n; i++) {
		const struct gv_status_entry *e = &s->entries[i];

		if (!is_shown(ctx, s, e, whole))
			continue;
		if (n && is_metadata(e)) {
			first = first ? first : e;
			continue;
		}
		gv_out_printf(ctx->out, "  ");
		gv_out_paint(
		    ctx->out, slot_of(e->change), "%-10s ", word_of(e));
		gv_out_path(ctx->out, e->path, e->len);
		if (e->kind >= GV_STATUS_PRECIOUS)
			gv_out_paint(ctx->out, GV_OUT_DIM, "  (%s%s)",
			    shown[e->kind],
			    e->is_unheld ? ", in no snapshot yet" : "");
		gv_out_printf(ctx->out, "\n");
	}
	if (first)
		print_metadata(ctx, first, n);
}

/* Why a path that was asked for is left out of snapshots, so that no change of
 * it is ever told; NULL where it is not. */
static int
ask_why(char **why, struct gv_ctx *ctx, const struct gv_buf *path)
{
	enum gv_census_kept kept;
	int r = gv_status_explain(why, &kept, ctx->repo, path->p, path->len);

	if (r == 0 && kept != GV_CENSUS_LEFT_OUT) {
		free(*why);
		*why = NULL;
	}
	return r == GV_ENOTFOUND ? 0 : r;
}

/* What the last snapshot holds needs no second look at all files. */
static int
print_nothing(
    struct gv_ctx *ctx, const struct gv_status *s, const struct gv_buf *path)
{
	const char *why = s->left_why;
	char *asked = NULL;
	int r = why == NULL && path->len && !s->is_held
	    ? ask_why(&asked, ctx, path)
	    : 0;

	if (r < 0)
		return r;
	why = why ? why : asked;
	if (why) {
		gv_out_path(ctx->out, path->p, path->len);
		gv_out_printf(ctx->out, ": ");
		gv_out_text(ctx->out, why, strlen(why));
		gv_out_printf(ctx->out, "\n");
	} else {
		gv_out_printf(ctx->out, "Nothing changed since.\n");
	}
	free(asked);
	return 0;
}

static int
print_left(struct gv_ctx *ctx, const struct gv_survey_left *left)
{
	struct gv_buf text = GV_BUF_INIT;
	int r;

	gv_left_out_add(&text, left);
	if ((r = gv_buf_check(&text)) == 0 && text.len)
		gv_out_printf(ctx->out,
		    "Left out: %s. To list them: git vault status "
		    "--ignored\n",
		    text.p);
	gv_buf_release(&text);
	return r;
}

#define NAMED 3 /* files at most, in the command that brings them back */

/* A user who has lost a file reads how it comes back. */
static void
hint_at_restore(struct gv_ctx *ctx, const struct gv_status *s)
{
	struct gv_buf command = GV_BUF_INIT;
	size_t i, n = 0;

	gv_cmd_paste(&command, ctx);
	gv_buf_addf(&command, " restore %s --in-place --",
	    gv_out_short_id(ctx->out, s->last.id));
	for (i = 0; i < s->n; i++)
		if (s->entries[i].change == 'D' && !s->entries[i].is_out &&
		    n++ < NAMED)
			gv_place_add_spec(&command, ctx, s->entries[i].path);
	if (n > 0 && n <= NAMED && gv_buf_check(&command) == 0)
		gv_out_say(ctx->out, "hint: %s", command.p);
	gv_buf_release(&command);
}

static int
print_text(struct gv_ctx *ctx, const struct gv_status *s,
    const struct gv_buf *path, const struct readers *readers)
{
	const struct gv_reveal_opts *o =
	    &((const struct status_opts *)ctx->opts)->reveal;
	bool whole = path->len == 0, is_first = *s->last.id == '\0';
	size_t n = count_shown(ctx, s, whole);
	int r = 0;
	char files[GV_OUT_SIZE_MAX], size[GV_OUT_SIZE_MAX];

	print_last(ctx, s);
	if (n == 0 && !(is_first && whole))
		r = print_nothing(ctx, s, path);
	else if (whole && !is_first)
		gv_out_printf(
		    ctx->out, "%zu change%s since:\n", n, n == 1 ? "" : "s");
	print_changes(ctx, s, whole);
	if (r == 0 && s->n && !is_first && gv_status_secrets_is_due(ctx, o))
		r = gv_status_secrets_print(ctx, &s->last, path->p, o);
	if (readers->is_lost)
		gv_out_paint(ctx->out, GV_OUT_REMOVED,
		    "Your key, which decrypts the secrets, is not on this "
		    "machine; to recover it: git vault key recover\n");
	else if (readers->of_one)
		gv_out_paint(ctx->out, GV_OUT_CHANGED,
		    "Only one key can decrypt the secrets; to make another: "
		    "git vault key escrow\n");
	if (r == 0 && !is_first)
		hint_at_restore(ctx, s);
	if (r < 0 || !whole || s->files == 0)
		return r;
	gv_out_size(size, s->bytes);
	gv_out_count(files, s->files, "file");
	gv_out_printf(ctx->out, "A snapshot%s would hold %s (%s)",
	    is_first ? "" : " taken now", files, size);
	if (s->precious + s->others)
		gv_out_printf(ctx->out, ", %" PRIu64 " of them ignored by git",
		    s->precious + s->others);
	gv_out_printf(ctx->out, ".\n");
	if (s->unheld && !is_first)
		gv_out_paint(ctx->out, GV_OUT_CHANGED,
		    "%" PRIu64 " ignored file%s in no snapshot yet.\n",
		    s->unheld, s->unheld == 1 ? " is" : "s are");
	return print_left(ctx, s->left);
}

static int
show(struct gv_ctx *ctx, const struct gv_status *s, const struct gv_buf *path)
{
	const struct status_opts *o = ctx->opts;
	struct readers readers = { .of_one = false };
	size_t i;
	int r = 0;

	/* of one path nothing is said of keys */
	if ((path->len == 0 || ctx->json) &&
	    (r = look_at_keyring(&readers, ctx)) < 0)
		return r;
	if (ctx->json)
		print_json(ctx, s, &readers);
	else if (o->porcelain || o->nul)
		print_porcelain(ctx, s, o->nul);
	else
		r = print_text(ctx, s, path, &readers);
	for (i = 0; r == 0 && i < s->n; i++)
		if (s->entries[i].change == 'X')
			return 3;
	return r;
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct status_opts *o = ctx->opts;
	struct gv_status s = { 0 };
	struct gv_buf top = GV_BUF_INIT;
	int r = o->porcelain || o->nul ? 0 : gv_policy_out_ask(ctx);

	if (r < 0)
		return r;
	if (o->reveal.secrets &&
	    (ctx->json || o->porcelain || o->nul || o->explain || o->ignored))
		return gv_err(GV_EUSAGE,
		    "--secrets prints changed lines; leave out --json and "
		    "other forms");
	gv_buf_addstr(&top, "");
	if (o->explain)
		return explain(ctx, o->explain);
	if (o->ignored)
		return gv_left_out_list(ctx);
	if (argc && (r = gv_place_from_top(&top, ctx->repo, argv[0])) < 0)
		goto out;
	r = top.len ? gv_status_of(&s, ctx->repo, top.p, top.len)
		    : gv_status_get(&s, ctx->repo);
	if (r == GV_ENOTFOUND && argc)
		r = gv_saved_offer(r, ctx->repo,
		    (const char *const[]){ argv[0], NULL }, "--in-place");
	if (r < 0)
		goto out;
	r = show(ctx, &s, &top);
out:
	gv_status_release(&s);
	gv_buf_release(&top);
	return r;
}

const struct gv_cmd cmd_status = {
	.name = "status",
	.summary = "show what changed since the last snapshot",
	.usage = "[--porcelain] [-z] [--secrets] [PATH]\n"
		 "--ignored\n"
		 "--explain PATH",
	.group = GV_CMD_LOOK,
	.flags = GV_CMD_REPO | GV_CMD_WORKTREE | GV_CMD_PAGER,
	.opts = opts,
	.opts_size = sizeof(struct status_opts),
	.max_args = 1,
	.args = { GV_OPT_PATH },
	.run = run,
};
