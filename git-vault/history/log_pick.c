#include "git-vault/history/log_pick.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/path.h"
#include "base/shell.h"
#include "base/time.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/history/log_before.h"
#include "git-vault/look/reveal_out.h"
#include "record/record_filter.h"
#include "record/record_load.h"
#include "record/record_save.h"
#include "repo/oid.h"
#include "repo/repo.h"
#include "view/content.h"
#include "view/diff.h"
#include "view/pick.h"
#include "view/reveal.h"

static const struct gv_out_column columns[] = {
	{ .head = "CHANGE" },
	{ .head = "AGE", .whole = true },
	{ .head = "SNAPSHOT", .whole = true },
	{ .head = "PATH", .cut = true },
};

static const char *const words[] = {
	[GV_PICK_MORE] = "added",
	[GV_PICK_LESS] = "removed",
	[GV_PICK_BOTH] = "changed",
};

struct picking {
	struct gv_ctx *ctx;
	const struct gv_log_pick *how;
	struct gv_reveal_keys *keys;
	struct gv_pick pick;
	struct gv_records all;
	struct gv_log_before line;
	struct gv_buf damaged; /* sentences, a line each */
	char **paths;          /* from the top */
	size_t n_paths;
	int64_t shown;
	/* of the two snapshots that are compared now */
	const struct gv_record *rec, *before;
	struct gv_reveal *reveal;
	struct gv_diff diff; /* their files that differ */
};

/* ---- which files differ -------------------------------------------------- */

static bool
is_meant(void *ctx, const char *path, size_t len)
{
	const struct picking *p = ctx;
	size_t i;

	for (i = 0; i < p->n_paths; i++)
		if (gv_path_is_below(
			path, len, p->paths[i], strlen(p->paths[i])))
			return true;
	return p->n_paths == 0;
}

/* ---- what is found ------------------------------------------------------- */

static void
print(
    struct picking *p, const struct gv_diff_change *c, enum gv_pick_found found)
{
	struct gv_json *j = p->ctx->json;
	char age[GV_TIME_MAX];

	p->shown++;
	if (j) {
		gv_json_object(j, NULL);
		gv_json_string(j, "snapshot", p->rec->id);
		gv_json_time(j, "time", p->rec->time);
		gv_json_string(j, "before", p->before ? p->before->id : NULL);
		gv_json_path(j, "path", c->path, c->path_len);
		gv_json_string(j, "change", words[found]);
		gv_json_end(j);
		return;
	}
	gv_time_relative(age, p->rec->time, p->ctx->now);
	gv_out_cell_text(p->ctx->out,
	    found == GV_PICK_MORE       ? GV_OUT_ADDED
		: found == GV_PICK_LESS ? GV_OUT_REMOVED
					: GV_OUT_CHANGED,
	    words[found]);
	gv_out_cell_text(p->ctx->out, GV_OUT_DIM, age);
	gv_out_cell_id(p->ctx->out, GV_OUT_ID, p->rec->id);
	gv_out_cell_path(p->ctx->out, GV_OUT_PLAIN, c->path, c->path_len);
}

static const char *
text_of(const struct gv_reveal_text *t)
{
	return t->bytes.len ? (const char *)t->bytes.p : "";
}

static int
judge(struct picking *p, const struct gv_diff_change *c)
{
	const enum gv_reveal_how how =
	    p->keys->asked->secrets ? GV_REVEAL_CLEAR : GV_REVEAL_STORED;
	struct gv_reveal_text a = { .n = 0 }, b = { .n = 0 };
	enum gv_pick_found found = GV_PICK_NO;
	int r = gv_reveal_read(&a, p->reveal, GV_REVEAL_FROM, c, how);

	if (r == 0 &&
	    (r = gv_reveal_read(&b, p->reveal, GV_REVEAL_TO, c, how)) == 0 &&
	    !a.is_large && !b.is_large)
		r = gv_pick_judge(&found, &p->pick, text_of(&a), a.bytes.len,
		    text_of(&b), b.bytes.len);
	p->keys->sealed += a.left.sealed + b.left.sealed;
	gv_reveal_text_release(&a);
	gv_reveal_text_release(&b);
	if (r == 0 && found != GV_PICK_NO)
		print(p, c, found);
	return r;
}

/* ---- one snapshot after the other ---------------------------------------- */

static int
open_reveal(struct picking *p)
{
	const bool opens = p->keys->asked->secrets;
	const struct gv_reveal_side from = { .rec = opens ? p->before : NULL },
				    to = { .rec = opens ? p->rec : NULL };
	int r;

	if ((r = gv_reveal_open(&p->reveal, p->ctx->repo, &from, &to)) < 0)
		return r;
	if (opens && p->keys->safe == NULL &&
	    (r = gv_identity_opt_open(
		 &p->keys->safe, p->ctx, &p->keys->asked->identities)) < 0)
		return r;
	if (opens) {
		gv_reveal_use(p->reveal, p->keys->safe);
		r = gv_reveal_tell(
		    p->reveal, p->ctx->repo, &p->diff, p->keys->asked->reason);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool
is_full(const struct picking *p)
{
	return (p->how->limit >= 0 && p->shown >= p->how->limit) ||
	    gv_out_stopped(p->ctx->out);
}

static int
compare(struct picking *p)
{
	size_t i;
	int r = gv_diff_files(&p->diff, p->ctx->repo,
	    p->before ? &p->before->tree : NULL, &p->rec->tree, is_meant, p);

	if (r == 0 && p->diff.n)
		r = open_reveal(p);
	for (i = 0; r == 0 && i < p->diff.n && !is_full(p); i++)
		/* of a mode alone no content differs */
		if (!gv_oid_equal(&p->diff.changes[i].old_oid,
			&p->diff.changes[i].new_oid))
			r = judge(p, &p->diff.changes[i]);
	gv_reveal_close(p->reveal);
	p->reveal = NULL;
	gv_diff_release(&p->diff);
	if (r == GV_ECORRUPT || r == GV_ENOTFOUND) {
		gv_buf_addf(&p->damaged, "snapshot %s is not searched: %s\n",
		    p->rec->id, gv_err_message());
		r = gv_buf_check(&p->damaged);
	}
	return r;
}

static int
search(struct picking *p)
{
	size_t i;
	int r = gv_log_before_init(&p->line, &p->all);

	for (i = 0; r == 0 && i < p->all.n && !is_full(p); i++) {
		p->rec = &p->all.records[i];
		if (p->rec->only ||
		    !gv_record_filter_takes(p->how->filter, p->rec))
			continue;
		p->before = gv_log_before_get(&p->line, i);
		r = compare(p);
	}
	return r;
}

/* Paths alone: a snapshot's tree is not asked by git, so there is no magic. */
static int
take_paths(struct picking *p)
{
	char *const *typed = p->how->paths;
	size_t n = 0;
	int r = 0;

	while (typed[n])
		n++;
	p->paths = calloc(n + 1, sizeof(*p->paths));
	if (p->paths == NULL)
		return gv_err_nomem();
	for (; r == 0 && *typed; typed++) {
		struct gv_buf path = GV_BUF_INIT;

		if (**typed == ':' || strpbrk(*typed, "*?["))
			r = gv_err(GV_EUSAGE,
			    "-S and -G take paths of files and directories, "
			    "not the pathspec '%s'",
			    *typed);
		gv_buf_addstr(&path, "");
		if (r == 0 &&
		    (r = gv_content_path(&path, p->ctx->repo, *typed)) == 0)
			p->paths[p->n_paths++] = gv_buf_take(&path);
		gv_buf_release(&path);
	}
	return r;
}

static int
print_damaged(struct picking *p)
{
	char *line = p->damaged.p, *nl;

	if (p->ctx->json)
		gv_json_lines(p->ctx->json, "damaged", line);
	for (; line && (nl = strchr(line, '\n')); line = nl + 1) {
		*nl = '\0';
		gv_out_warn(p->ctx->out, "%s", line);
	}
	return p->damaged.len ? 3 : 0;
}

/* A user who finds nothing learns where it was not sought. */
static void
say_nothing(const struct picking *p)
{
	const bool is_string = p->how->string != NULL;
	struct gv_buf command = GV_BUF_INIT;

	if (p->keys->asked->secrets) {
		gv_out_say(p->ctx->out, "no snapshot adds or removes that");
		return;
	}
	gv_cmd_paste(&command, p->ctx);
	gv_buf_addstr(
	    &command, is_string ? " log --secrets -S" : " log --secrets -G");
	gv_shell_word(&command, is_string ? p->how->string : p->how->regex);
	if (gv_buf_check(&command) == 0) {
		gv_out_say(p->ctx->out,
		    "no snapshot adds or removes that outside of secrets");
		gv_out_say(p->ctx->out, "hint: %s", command.p);
	}
	gv_buf_release(&command);
}

static int
print_all(struct picking *p)
{
	struct gv_json *j = p->ctx->json;
	int r, damaged;

	if (j) {
		gv_json_object(j, NULL);
		gv_json_array(j, "changes");
	} else {
		gv_out_columns(p->ctx->out, columns, 4);
	}
	r = search(p);
	if (j)
		gv_json_end(j);
	else
		gv_out_columns_end(p->ctx->out);
	damaged = r == 0 ? print_damaged(p) : 0;
	if (j)
		gv_json_end(j);
	else if (r == 0 && p->shown == 0)
		say_nothing(p);
	if (r == 0 && p->keys->sealed)
		r = gv_err(GV_ENOKEY,
		    "encrypted secrets were not searched: no key of yours "
		    "opens them");
	return r < 0 ? r : damaged;
}

int
gv_log_pick(struct gv_ctx *ctx, const struct gv_log_pick *how,
    struct gv_reveal_keys *keys)
{
	struct picking p = { .ctx = ctx,
		.how = how,
		.keys = keys,
		.line = GV_LOG_BEFORE_INIT,
		.damaged = GV_BUF_INIT };
	int r = gv_pick_init(&p.pick, how->string, how->regex);

	if (r == 0 && (r = take_paths(&p)) == 0 &&
	    (r = gv_records_recall(&p.all, ctx->repo, &p.damaged)) == 0 &&
	    how->with_saves)
		r = gv_record_save_add(&p.all, ctx->repo, &p.damaged);
	if (r == 0)
		r = print_all(&p);
	while (p.n_paths)
		free(p.paths[--p.n_paths]);
	free(p.paths);
	gv_pick_release(&p.pick);
	gv_log_before_release(&p.line);
	gv_buf_release(&p.damaged);
	gv_records_release(&p.all);
	return r;
}
