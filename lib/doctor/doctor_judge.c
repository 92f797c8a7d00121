#include "doctor/doctor_judge.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "key/keyring.h"
#include "repo/refs.h"

#define A_DAY 86400

/* What clocks may differ by, in seconds. */
#define APART 600

/* Less than this is nearly nothing. */
#define FREE_MIN   (UINT64_C(64) << 20)
#define FREE_SHARE 50 /* or than this part of the disk */

/* Versions of git, as gv_doctor.git: the first ones with core.fsync and with
 * cruft packs. */
#define FSYNC_KNOWN 236
#define CRUFT_KNOWN 237

/* Loose objects beyond which git gc starts by itself: again and again, where
 * it makes them. */
#define MANY_UNREACHABLE 6700

static const struct gv_doctor_verdict nothing = { GV_DOCTOR_NOTE, NULL };

static struct gv_doctor_verdict
note(const char *kind)
{
	return (struct gv_doctor_verdict){ GV_DOCTOR_NOTE, kind };
}

static struct gv_doctor_verdict
warning(const char *kind)
{
	return (struct gv_doctor_verdict){ GV_DOCTOR_WARNING, kind };
}

static struct gv_doctor_verdict
error(const char *kind)
{
	return (struct gv_doctor_verdict){ GV_DOCTOR_ERROR, kind };
}

static bool
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* ---- times --------------------------------------------------------------- */

struct gv_doctor_verdict
gv_doctor_judge_clock(int64_t newest, int64_t now)
{
	return newest > now + APART ? warning("clock_behind") : nothing;
}

struct gv_doctor_verdict
gv_doctor_judge_age(const struct gv_doctor_judge_age *f)
{
	if (f->newest == 0)
		return warning("no_snapshot");
	if (f->newest > f->now + APART || f->now - f->newest <= f->max_age)
		return nothing;
	if (f->is_compared)
		return f->changed ? warning("snapshot_old") : nothing;
	return f->has_tree || f->brief ? warning("snapshot_old") : nothing;
}

struct gv_doctor_verdict
gv_doctor_judge_verified(const struct gv_doctor_judge_verified *f)
{
	const int64_t from = f->now - f->within;

	if (f->snapshots == 0 || f->verified >= from || f->oldest >= from)
		return nothing;
	return warning("verified_long_ago");
}

/* ---- copies -------------------------------------------------------------- */

struct gv_doctor_verdict
gv_doctor_judge_copies(const struct gv_doctor_judge_copies *f)
{
	if (f->unsent == 0 || (f->is_copied && f->remotes == 0))
		return nothing;
	if (f->remotes == 0)
		return warning("no_remote");
	if (f->is_nowhere)
		return warning("never_synced");
	return f->now - f->oldest > A_DAY ? warning("snapshots_unsent")
					  : nothing;
}

struct gv_doctor_verdict
gv_doctor_judge_target(const struct gv_doctor_judge_target *facts)
{
	if (facts->is_damaged)
		return error("target_damaged");
	if (facts->is_refused)
		return warning("target_refused");
	if (facts->is_failing)
		return warning("target_failing");
	if (facts->is_disputed)
		return warning("target_disputed");
	if (facts->snapshots == 0)
		return nothing;
	return facts->seconds > A_DAY ? warning("target_behind")
				      : note("target_behind");
}

struct gv_doctor_verdict
gv_doctor_judge_receipts(enum gv_receipt_trust trust, bool was_signed)
{
	if (trust == GV_RECEIPT_BAD)
		return warning("receipts_forged");
	if (trust == GV_RECEIPT_UNKNOWN)
		return note("receipts_unknown");
	if (trust == GV_RECEIPT_UNSIGNED && was_signed)
		return warning("receipts_unsigned");
	return nothing;
}

/* ---- access -------------------------------------------------------------- */

int
gv_doctor_judge_keys(
    struct gv_doctor_judge_single *out, const struct gv_keyring *k)
{
	const struct gv_keyring_recipient **readers = NULL;
	size_t i, n;
	int r;

	*out = (struct gv_doctor_judge_single){ .is_one = true };
	for (i = 0; i < k->n_scopes; i++) {
		r = gv_keyring_readers(&readers, &n, k, k->scopes[i]);
		if (r < 0)
			return r;
		if (n == 1) {
			if (out->n++ == 0) {
				out->scope = k->scopes[i];
				out->who = readers[0]->name;
			}
			out->is_one &= strcmp(out->who, readers[0]->name) == 0;
		}
		free(readers);
		readers = NULL;
	}
	return 0;
}

struct gv_doctor_verdict
gv_doctor_judge_mode(mode_t mode, mode_t repository, bool is_shared)
{
	if ((mode & S_IRWXU) != S_IRWXU)
		return error("not_writable");
	if (is_shared && (repository & S_IWGRP) && !(mode & S_IWGRP))
		return warning("not_shared");
	if ((mode & S_IWOTH) && !(repository & S_IWOTH))
		return warning("world_writable");
	return nothing;
}

struct gv_doctor_verdict
gv_doctor_judge_disk(uint64_t left, uint64_t total)
{
	return left < FREE_MIN || left < total / FREE_SHARE
	    ? warning("disk_full")
	    : nothing;
}

/* ---- Git's configuration ------------------------------------------------- */

/* Whether this side of a refspec takes in refs of the vault. */
static bool
takes_vault(const char *side)
{
	return begins(side, GV_REFS_VAULT) || begins(side, "refs/*");
}

struct gv_doctor_verdict
gv_doctor_judge_fetch(const char *refspec, bool prunes, bool is_left_out)
{
	const char *to = strchr(refspec, ':');

	if (to == NULL || !takes_vault(to + 1) || is_left_out)
		return nothing;
	if (prunes)
		return error("refspec_prunes");
	return *refspec == '+' ? warning("refspec_overwrites") : nothing;
}

struct gv_doctor_verdict
gv_doctor_judge_push(const char *refspec, bool is_left_out)
{
	const bool force = *refspec == '+';

	if (!takes_vault(refspec + force) || is_left_out)
		return nothing;
	return force ? warning("push_forces") : note("push_carries");
}

struct gv_doctor_verdict
gv_doctor_judge_key_age(int64_t end, int64_t lasts, int64_t now)
{
	const int64_t month = (int64_t)30 * 86400;
	const int64_t soon = lasts / 4 < month ? lasts / 4 : month;

	if (end <= now)
		return (struct gv_doctor_verdict){ GV_DOCTOR_WARNING,
			"key_expired" };
	if (end - now <= soon)
		return (
		    struct gv_doctor_verdict){ GV_DOCTOR_NOTE, "key_expires" };
	return (struct gv_doctor_verdict){ .kind = NULL };
}

struct gv_doctor_verdict
gv_doctor_judge_expiry(const char *when)
{
	if (when == NULL)
		return nothing;
	if (strcmp(when, "now") == 0 || strcmp(when, "all") == 0 ||
	    strcmp(when, "0") == 0)
		return warning("gc_prunes_at_once");
	if (strcmp(when, "never") == 0 || strcmp(when, "false") == 0)
		return note("gc_prunes_never");
	return nothing;
}

/* A word that takes something away, or all of it. */
static bool
weakens(const char *list)
{
	size_t n;

	for (; *list; list += n + (list[n] == ',')) {
		n = strcspn(list, ",");
		if ((n == 4 && begins(list, "none")) ||
		    (*list == '-' && !begins(list, "-loose-object")))
			return true;
	}
	return false;
}

/* Whether a word adds refs or loose objects to what git flushes anyway. */
static bool
adds(const char *list)
{
	static const char *const words[] = { "loose-object", "objects",
		"committed", "added", "all", "reference" };
	size_t i, n;

	for (; *list; list += n + (list[n] == ',')) {
		n = strcspn(list, ",");
		for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (strlen(words[i]) == n && begins(list, words[i]))
				return true;
	}
	return false;
}

struct gv_doctor_verdict
gv_doctor_judge_fsync(int git, const char *list, bool has_method)
{
	if (list && weakens(list))
		return warning("fsync_off");
	if (git >= FSYNC_KNOWN && (list ? !adds(list) : !has_method))
		return note("fsync_default");
	return nothing;
}

struct gv_doctor_verdict
gv_doctor_judge_fsync_method(const char *method)
{
	return method && strcmp(method, "writeout-only") == 0
	    ? warning("fsync_off")
	    : nothing;
}

struct gv_doctor_verdict
gv_doctor_judge_loosening(int git, bool cruft, size_t unreachable)
{
	return !cruft && git >= CRUFT_KNOWN && unreachable > MANY_UNREACHABLE
	    ? warning("gc_loosens")
	    : nothing;
}
