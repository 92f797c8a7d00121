#include "git-vault/front/cmd.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/time.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/look/left_out.h"
#include "overview/overview.h"
#include "record/record_save.h"
#include "repo/repo.h"

#define NAMED 3 /* environments, locks, people that are named, of many */

/* ---- text ---------------------------------------------------------------- */

/* One line: its name, and the text in the colour of its level. Without colours
 * a danger is named. */
static void
print_line(struct gv_ctx *ctx, const struct gv_overview *over,
    enum gv_advice_line line, const char *name, struct gv_buf *text)
{
	static const enum gv_out_slot slots[] = {
		[GV_ADVICE_WELL] = GV_OUT_PLAIN,
		[GV_ADVICE_CARE] = GV_OUT_CHANGED,
		[GV_ADVICE_DANGER] = GV_OUT_REMOVED,
	};
	const enum gv_advice_level level = line == GV_ADVICE_LINES
	    ? GV_ADVICE_WELL
	    : over->advice.lines[line].level;

	if (level == GV_ADVICE_DANGER)
		gv_buf_addstr(text, " (danger)");
	gv_out_cell_text(ctx->out, GV_OUT_TAG, name);
	gv_out_cell_buf(ctx->out, slots[level], text);
}

/* Append "N noun" to a list; nothing for 0. */
static void
add_count(struct gv_buf *text, size_t start, size_t n, const char *noun)
{
	if (n)
		gv_buf_addf(
		    text, "%s%zu %s", text->len > start ? ", " : "", n, noun);
}

/* What a line has besides the age and the subject of the last snapshot: the
 * first column and the short id. */
#define BESIDE 24
#define DANGER 9 /* " (danger)" */

static void
print_snapshot(
    struct gv_ctx *ctx, const struct gv_overview *over, struct gv_buf *text)
{
	const struct gv_doctor_finding *policy =
	    over->advice.lines[GV_ADVICE_POLICY].finding;
	const char *id = over->last.id;
	const bool is_danger =
	    over->advice.lines[GV_ADVICE_SNAPSHOT].level == GV_ADVICE_DANGER;

	if (policy) {
		gv_buf_addstr(text, policy->text);
		print_line(ctx, over, GV_ADVICE_POLICY, "policy", text);
	}
	if (over->advice.lines[GV_ADVICE_WATCH].finding) {
		gv_buf_addstr(text,
		    "does not run: nothing is saved "
		    "automatically");
		print_line(ctx, over, GV_ADVICE_WATCH, "watch", text);
	}
	if (*id == '\0' && over->is_damaged) {
		gv_buf_addf(text, "the newest of %zu is damaged",
		    over->doctor.refs.refs.n);
	} else if (*id == '\0') {
		gv_buf_addstr(text, "none yet");
		if (gv_record_save_only(text, ctx->repo, ctx->now) == 0)
			gv_buf_addstr(text, ": nothing here is protected");
	} else {
		gv_time_add_relative(text, over->last.time, ctx->now);
		gv_buf_addstr(text, ": ");
		gv_out_add_fitted(ctx->out, text, over->last.subject,
		    strlen(over->last.subject),
		    text->len + BESIDE + (is_danger ? DANGER : 0));
		gv_buf_addf(
		    text, " (%s)", strlen(id) > 8 ? id + strlen(id) - 8 : id);
	}
	print_line(ctx, over, GV_ADVICE_SNAPSHOT, "snapshot", text);
}

static void
print_tree(
    struct gv_ctx *ctx, const struct gv_overview *over, struct gv_buf *text)
{
	size_t start = text->len;

	if (over->why) {
		gv_buf_addf(text, "unknown: %s", over->why);
		print_line(ctx, over, GV_ADVICE_CHANGES, "changes", text);
	}
	if (!over->has_status)
		return;
	add_count(text, start, over->added, "new");
	add_count(text, start, over->changed, "changed");
	add_count(text, start, over->gone, "gone");
	add_count(text, start, over->unreadable, "unreadable");
	add_count(text, start, over->metadata, "with other metadata");
	if (text->len == start)
		gv_buf_addstr(text, "none since");
	print_line(ctx, over, GV_ADVICE_CHANGES, "changes", text);
	gv_left_out_add(text, over->status.left);
	if (text->len)
		print_line(ctx, over, GV_ADVICE_LINES, "left out", text);
}

/* Who can decrypt everything, the first few by name. */
static void
add_people(struct gv_buf *text, const struct gv_keyring *k)
{
	size_t i, n = 0;

	for (i = 0; i < k->n_recipients; i++) {
		const struct gv_keyring_recipient *who = &k->recipients[i];

		if (who->role == GV_KEYRING_WRITER)
			continue;
		if (n++ < NAMED)
			gv_buf_addf(text, "%s%s%s", n == 1 ? "" : ", ",
			    who->name, who->all ? "" : " (some scopes)");
	}
	if (n > NAMED)
		gv_buf_addf(text, " and %zu more", n - NAMED);
}

static void
print_secrets(
    struct gv_ctx *ctx, const struct gv_overview *over, struct gv_buf *text)
{
	const struct gv_doctor_report *d = &over->doctor;
	const struct gv_doctor_finding *f =
	    over->advice.lines[GV_ADVICE_SECRETS].finding;

	if (!d->is_sealed)
		return;
	if (over->last.secrets)
		gv_buf_addf(text, "%" PRIu64 "; ", over->last.secrets);
	if (!d->has_keyring) {
		gv_buf_addstr(text, "the keyring cannot be read");
	} else if (f && strcmp(f->kind, "no_key") == 0) {
		gv_buf_addstr(text, "your key is not on this machine");
	} else {
		gv_buf_addstr(text, f ? "only " : "");
		add_people(text, &d->keyring.keyring);
		gv_buf_addstr(text, " can decrypt them");
	}
	print_line(ctx, over, GV_ADVICE_SECRETS, "secrets", text);
}

static void
add_remote(struct gv_buf *text, const struct gv_overview *over, size_t i)
{
	const struct gv_doctor_remote *it = &over->doctor.remotes[i];
	const size_t n = over->doctor.refs.refs.n;

	gv_buf_addf(text, "%s%s ", i ? "; " : "", it->where->name);
	if (!it->where->is_known)
		gv_buf_addstr(text, "was not asked since a first sync");
	else if (it->snapshots == n)
		gv_buf_addstr(text, "has every snapshot");
	else
		gv_buf_addf(
		    text, "lacks %zu of %zu snapshots", n - it->snapshots, n);
}

static void
print_remotes(
    struct gv_ctx *ctx, const struct gv_overview *over, struct gv_buf *text)
{
	const struct gv_doctor_report *d = &over->doctor;
	const struct gv_doctor_finding *f =
	    over->advice.lines[GV_ADVICE_REMOTES].finding;
	size_t i;

	if (d->refs.refs.n == 0)
		return;
	for (i = 0; i < d->n_remotes; i++)
		add_remote(text, over, i);
	if (f && strcmp(f->kind, "no_remote") == 0)
		gv_buf_addstr(
		    text, "none: the snapshots are on this disk only");
	else if (f && strcmp(f->kind, "never_synced") == 0) {
		gv_buf_reset(text);
		gv_buf_addstr(
		    text, "never synced: the snapshots are on this disk only");
	}
	if (text->len)
		print_line(ctx, over, GV_ADVICE_REMOTES, "remotes", text);
}

static void
add_copy(struct gv_buf *text, const struct gv_copies_target *t, int64_t now)
{
	char size[GV_OUT_SIZE_MAX];

	if (gv_target_is_refused(t->target)) {
		gv_buf_addstr(text, " is refused by residency");
	} else if (t->damage.time) {
		gv_buf_addstr(text, " is damaged or gone");
	} else if (t->failing) {
		gv_buf_addstr(text,
		    t->is_partial ? " is incomplete, first "
				  : " fails, first ");
		gv_time_add_relative(text, t->failing, now);
	} else if (!t->is_known) {
		gv_buf_addstr(text, " was never pushed to");
	} else if (t->behind_snapshots == 0) {
		gv_buf_addstr(text, " has every snapshot");
	} else {
		gv_out_size(size, t->behind_bytes);
		gv_buf_addf(text, " lacks %" PRIu64 " (%s, oldest ",
		    t->behind_snapshots, size);
		gv_time_add_relative(text, now - t->behind_seconds, now);
		gv_buf_addstr(text, ")");
	}
}

static void
print_copies(
    struct gv_ctx *ctx, const struct gv_overview *over, struct gv_buf *text)
{
	const struct gv_copies *copies = &over->doctor.copies;
	size_t i;

	for (i = 0; i < copies->n && i < NAMED; i++) {
		gv_buf_addf(text, "%s%s", i ? "; " : "",
		    copies->targets[i].target->name);
		add_copy(text, &copies->targets[i], ctx->now);
	}
	if (copies->n > NAMED)
		gv_buf_addf(text, " and %zu more", copies->n - NAMED);
	if (copies->lacking)
		gv_buf_addf(text,
		    "%s%" PRIu64 " of %" PRIu64 " snapshots are not durable",
		    copies->n ? "; " : "", copies->lacking, copies->wanted);
	if (text->len)
		print_line(ctx, over, GV_ADVICE_COPIES, "copies", text);
}

static void
add_conflicts(struct gv_buf *text, const struct gv_doctor_report *d)
{
	size_t i;

	for (i = 0; i < d->n_conflicts && i < NAMED; i++)
		gv_buf_addf(text, "; %s is in conflict with %s",
		    d->conflicts[i].state, d->conflicts[i].remote);
	if (d->n_conflicts > NAMED)
		gv_buf_addf(
		    text, "; %zu more are in conflict", d->n_conflicts - NAMED);
}

static void
print_states(
    struct gv_ctx *ctx, const struct gv_overview *over, struct gv_buf *text)
{
	size_t i;

	if (over->states + over->n_locks == 0)
		return;
	gv_buf_addf(text, "%zu", over->states);
	add_conflicts(text, &over->doctor);
	for (i = 0; i < over->n_locks && i < NAMED; i++) {
		const struct gv_overview_lock *lock = &over->locks[i];

		gv_buf_addf(text, "; %s is locked", lock->state);
		if (*lock->who)
			gv_buf_addf(text, " by %s", lock->who);
		if (*lock->operation)
			gv_buf_addf(text, " for %s", lock->operation);
		if (lock->time) {
			gv_buf_addstr(text, ", ");
			gv_time_add_relative(text, lock->time, ctx->now);
		}
	}
	if (over->n_locks > NAMED)
		gv_buf_addf(
		    text, "; %zu more are locked", over->n_locks - NAMED);
	print_line(ctx, over, GV_ADVICE_STATES, "states", text);
}

static void
print_good(
    struct gv_ctx *ctx, const struct gv_overview *over, struct gv_buf *text)
{
	const struct gv_doctor_report *d = &over->doctor;
	size_t i;

	for (i = 0; i < d->n_envs && i < NAMED; i++) {
		const struct gv_doctor_env *env = &d->envs[i];

		gv_buf_addf(text, "%s%s ", i ? "; " : "", env->name);
		if (env->has_good)
			gv_time_add_relative(text, env->good.time, ctx->now);
		else
			gv_buf_addstr(text, "cannot be rolled back");
	}
	if (d->n_envs > NAMED)
		gv_buf_addf(text, "; %zu more", d->n_envs - NAMED);
	if (text->len)
		print_line(ctx, over, GV_ADVICE_GOOD, "known-good", text);
}

static void
print_verified(
    struct gv_ctx *ctx, const struct gv_overview *over, struct gv_buf *text)
{
	if (over->doctor.refs.refs.n == 0)
		return;
	if (over->doctor.verified)
		gv_time_add_relative(text, over->doctor.verified, ctx->now);
	else
		gv_buf_addstr(text, "never in this clone");
	print_line(ctx, over, GV_ADVICE_VERIFIED, "verified", text);
}

static void
print_next(
    struct gv_ctx *ctx, const struct gv_overview *over, struct gv_buf *text)
{
	const size_t n = over->advice.findings;

	if (n) {
		gv_buf_addf(text, "%zu; to list %s: git vault doctor --brief",
		    n, n == 1 ? "it" : "them");
		print_line(ctx, over, GV_ADVICE_LINES, "findings", text);
	}
	if (over->advice.next) {
		gv_buf_addstr(text, over->advice.next);
		print_line(ctx, over, GV_ADVICE_LINES, "next", text);
	}
}

static void
print_text(struct gv_ctx *ctx, const struct gv_overview *over)
{
	static const struct gv_out_column columns[] = { { .head = NULL },
		{ .head = NULL } };
	static void (*const lines[])(struct gv_ctx * ctx,
	    const struct gv_overview *over,
	    struct gv_buf *text) = { print_snapshot, print_tree, print_secrets,
		print_remotes, print_copies, print_states, print_good,
		print_verified, print_next };
	struct gv_buf text = GV_BUF_INIT;
	size_t i;

	gv_out_columns(ctx->out, columns, 2);
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		lines[i](ctx, over, &text);
	gv_out_columns_end(ctx->out);
	gv_buf_release(&text);
}

/* ---- JSON ---------------------------------------------------------------- */

static void
put_time(struct gv_json *j, const char *key, int64_t time)
{
	if (time)
		gv_json_time(j, key, time);
	else
		gv_json_null(j, key);
}

static void
put_tree(struct gv_ctx *ctx, const struct gv_overview *over)
{
	struct gv_json *j = ctx->json;

	if (!over->has_status) {
		gv_json_null(j, "changes");
		return;
	}
	gv_json_object(j, "changes");
	gv_json_uint(j, "added", over->added);
	gv_json_uint(j, "changed", over->changed);
	gv_json_uint(j, "removed", over->gone);
	gv_json_uint(j, "unreadable", over->unreadable);
	gv_json_uint(j, "metadata", over->metadata);
	gv_json_end(j);
	gv_left_out_json(ctx, over->status.left);
}

static void
put_readers(struct gv_json *j, const struct gv_doctor_report *d)
{
	const struct gv_keyring *k = &d->keyring.keyring;
	size_t i;

	if (!d->has_keyring) {
		gv_json_null(j, "readers");
		return;
	}
	gv_json_array(j, "readers");
	for (i = 0; i < k->n_recipients; i++)
		if (k->recipients[i].role != GV_KEYRING_WRITER)
			gv_json_string(j, NULL, k->recipients[i].name);
	gv_json_end(j);
}

static void
put_target(struct gv_json *j, const struct gv_copies_target *t)
{
	gv_json_object(j, NULL);
	gv_json_string(j, "name", t->target->name);
	put_time(j, "pushed", t->pushed);
	put_time(j, "verified", t->verified);
	gv_json_string(
	    j, "level", t->verified ? gv_replica_levels[t->level] : NULL);
	gv_json_uint(j, "behind_snapshots", t->behind_snapshots);
	gv_json_uint(j, "behind_bytes", t->behind_bytes);
	gv_json_int(j, "behind_seconds", t->behind_seconds);
	put_time(j, "failing", t->failing);
	gv_json_end(j);
}

static void
put_copies(struct gv_json *j, const struct gv_copies *copies)
{
	size_t i;

	gv_json_array(j, "copies");
	for (i = 0; i < copies->n; i++)
		put_target(j, &copies->targets[i]);
	gv_json_end(j);
	gv_json_uint(j, "not_durable", copies->lacking);
}

static void
put_remotes(struct gv_json *j, const struct gv_doctor_report *d)
{
	size_t i;

	gv_json_array(j, "remotes");
	for (i = 0; i < d->n_remotes; i++) {
		gv_json_object(j, NULL);
		gv_json_string(j, "name", d->remotes[i].where->name);
		gv_json_bool(j, "known", d->remotes[i].where->is_known);
		gv_json_uint(
		    j, "lacks", d->refs.refs.n - d->remotes[i].snapshots);
		gv_json_end(j);
	}
	gv_json_end(j);
}

static void
put_locks(struct gv_json *j, const struct gv_overview *over)
{
	size_t i;

	gv_json_array(j, "locks");
	for (i = 0; i < over->n_locks; i++) {
		gv_json_object(j, NULL);
		gv_json_string(j, "state", over->locks[i].state);
		gv_json_string(j, "actor", over->locks[i].who);
		gv_json_string(j, "operation", over->locks[i].operation);
		put_time(j, "time", over->locks[i].time);
		gv_json_end(j);
	}
	gv_json_end(j);
}

static void
put_conflicts(struct gv_json *j, const struct gv_doctor_report *d)
{
	size_t i;

	gv_json_array(j, "conflicts");
	for (i = 0; i < d->n_conflicts; i++) {
		gv_json_object(j, NULL);
		gv_json_string(j, "state", d->conflicts[i].state);
		gv_json_string(j, "remote", d->conflicts[i].remote);
		gv_json_end(j);
	}
	gv_json_end(j);
}

static void
put_envs(struct gv_json *j, const struct gv_doctor_report *d)
{
	size_t i;

	gv_json_array(j, "environments");
	for (i = 0; i < d->n_envs; i++) {
		gv_json_object(j, NULL);
		gv_json_string(j, "name", d->envs[i].name);
		put_time(
		    j, "time", d->envs[i].has_good ? d->envs[i].good.time : 0);
		gv_json_end(j);
	}
	gv_json_end(j);
}

static void
put_dangers(struct gv_json *j, const struct gv_advice *advice)
{
	size_t i;

	gv_json_array(j, "dangers");
	for (i = 0; i < GV_ADVICE_LINES; i++)
		if (advice->lines[i].level == GV_ADVICE_DANGER)
			gv_json_string(j, NULL, advice->lines[i].finding->kind);
	gv_json_end(j);
}

static void
put(struct gv_ctx *ctx, const struct gv_overview *over)
{
	struct gv_json *j = ctx->json;

	gv_json_object(j, NULL);
	gv_json_uint(j, "snapshots", over->doctor.refs.refs.n);
	gv_json_string(j, "last", *over->last.id ? over->last.id : NULL);
	put_time(j, "last_time", *over->last.id ? over->last.time : 0);
	put_tree(ctx, over);
	gv_json_uint(j, "secrets", over->last.secrets);
	put_readers(j, &over->doctor);
	gv_json_uint(
	    j, "unsent", over->doctor.refs.refs.n - over->doctor.unsent);
	put_remotes(j, &over->doctor);
	put_copies(j, &over->doctor.copies);
	gv_json_uint(j, "states", over->states);
	put_conflicts(j, &over->doctor);
	put_locks(j, over);
	put_envs(j, &over->doctor);
	put_time(j, "last_verified_time", over->doctor.verified);
	gv_json_uint(j, "findings", over->advice.findings);
	put_dangers(j, &over->advice);
	gv_json_string(j, "next", over->advice.next);
	gv_json_end(j);
}

/* ---- the command --------------------------------------------------------- */

/* It is typed to see something, so it never waits for an answer. */
static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	struct gv_overview over;
	int r;

	(void)argc;
	(void)argv;
	ctx->repo->asker = (struct gv_repo_asker){ NULL, NULL };
	r = gv_overview_get(&over, ctx->repo, ctx->now);
	if (r == 0 && ctx->json)
		put(ctx, &over);
	else if (r == 0)
		print_text(ctx, &over);
	gv_overview_release(&over);
	return r;
}

const struct gv_cmd cmd_overview = {
	.name = "overview",
	.summary = "show the vault in a dozen lines; also: git vault alone",
	.usage = "",
	.group = GV_CMD_LOOK,
	.flags = GV_CMD_REPO,
	.run = run,
};
