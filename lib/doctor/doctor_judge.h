#ifndef GV_DOCTOR_JUDGE_H
#define GV_DOCTOR_JUDGE_H
/*
 * What doctor decides: from facts that its checks have gathered to the kind and
 * the grade of a finding. Nothing is read here, so each decision can be tested
 * without a repository.
 *
 *	v = gv_doctor_judge_clock(newest, now);
 *	if (v.kind)
 *		r = gv_doctor_add(d, v.grade, v.kind, …);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "audit/receipt_chain.h"
#include "doctor/doctor.h"

struct gv_keyring;

struct gv_doctor_verdict {
	enum gv_doctor_grade grade;
	const char *kind; /* static; NULL: nothing is wrong */
};

/* All times are seconds since 1970. */

/* Whether the newest snapshot, 0 where there is none, is from the future by
 * more than clocks differ. */
struct gv_doctor_verdict gv_doctor_judge_clock(int64_t newest, int64_t now);

/* Whether it is time for a snapshot. An old one is as good as a new one if no
 * path has changed since, as far as that was looked at. */
struct gv_doctor_judge_age {
	int64_t newest, now, max_age; /* newest: 0 without snapshots */
	bool has_tree;                /* somebody works in this clone */
	bool brief;
	bool is_compared; /* with the working tree: */
	size_t changed;   /* paths, then */
};
struct gv_doctor_verdict
gv_doctor_judge_age(const struct gv_doctor_judge_age *facts);

/* Whether it is time for a verification. While all snapshots are younger than
 * `within`, there was no time for one yet. */
struct gv_doctor_judge_verified {
	size_t snapshots;
	int64_t oldest;   /* of them */
	int64_t verified; /* when one last was; 0: never */
	int64_t now, within;
};
struct gv_doctor_verdict
gv_doctor_judge_verified(const struct gv_doctor_judge_verified *facts);

/* Whether a lost disk would take snapshots with it. A snapshot of today may be
 * on its way. */
struct gv_doctor_judge_copies {
	size_t unsent;  /* the newest snapshots that are on no remote */
	int64_t oldest; /* of these */
	int64_t now;
	size_t remotes;  /* of the repository */
	bool is_nowhere; /* nothing of the vault was ever seen on one */
	bool is_copied;  /* this clone has pushed to a target of copies */
};
struct gv_doctor_verdict
gv_doctor_judge_copies(const struct gv_doctor_judge_copies *facts);

/* Whether copies in a target are far behind: by this many snapshots, the oldest
 * of which is that many seconds old. One that is damaged is an error. One that
 * fails is reported at once, and so is one to which the policy lets nothing be
 * sent, or would, were it accepted. */
struct gv_doctor_judge_target {
	bool is_refused, is_damaged, is_failing, is_disputed;
	uint64_t snapshots;
	int64_t seconds;
};
struct gv_doctor_verdict
gv_doctor_judge_target(const struct gv_doctor_judge_target *facts);

/* Whether receipts of a server can be counted on. `was_signed`: earlier ones
 * are signed by a known key. */
struct gv_doctor_verdict
gv_doctor_judge_receipts(enum gv_receipt_trust trust, bool was_signed);

/* Scopes that one key alone decrypts. The names are the keyring's. */
struct gv_doctor_judge_single {
	size_t n;
	const char *scope, *who; /* of the first */
	bool is_one;             /* it is the same key in all of them */
};

/* Find them. 0 or GV_ENOMEM. */
int gv_doctor_judge_keys(
    struct gv_doctor_judge_single *out, const struct gv_keyring *keyring);

/* Whether a key that ends then, because the policy lets keys last that long, is
 * to be replaced: from 30 days before it on, or from a quarter of its time. */
struct gv_doctor_verdict
gv_doctor_judge_key_age(int64_t end, int64_t lasts, int64_t now);

/* What the modes of a folder that snapshots are written to mean, next to those
 * of the repository, which is shared with its group or not. */
struct gv_doctor_verdict
gv_doctor_judge_mode(mode_t mode, mode_t repository, bool is_shared);

/* Whether so little of a disk is free, in bytes. */
struct gv_doctor_verdict gv_doctor_judge_disk(uint64_t left, uint64_t total);

/* What a refspec of fetch or push does to refs of the vault. `prunes`: fetches
 * of that remote do; `is_left_out`: another refspec leaves the vault out. */
struct gv_doctor_verdict
gv_doctor_judge_fetch(const char *refspec, bool prunes, bool is_left_out);
struct gv_doctor_verdict
gv_doctor_judge_push(const char *refspec, bool is_left_out);

/* What gc.pruneExpire means; NULL: it is not set. */
struct gv_doctor_verdict gv_doctor_judge_expiry(const char *when);

/* What core.fsync means for a git of this version, as gv_doctor.git; NULL: it
 * is not set. And core.fsyncMethod likewise, unless that is fsync_default. */
struct gv_doctor_verdict
gv_doctor_judge_fsync(int git, const char *list, bool has_method);
struct gv_doctor_verdict gv_doctor_judge_fsync_method(const char *method);

/* Whether git gc would make a file of each unreachable object. `cruft`: what
 * gc.cruftPacks says, or that git does by default. */
struct gv_doctor_verdict
gv_doctor_judge_loosening(int git, bool cruft, size_t unreachable);

#endif
