#ifndef GV_DOCTOR_H
#define GV_DOCTOR_H
/*
 * Looks for what endangers a vault: the files it holds, who can decrypt them,
 * where copies are, and the set-up around them. There is one list of checks and
 * two depths. With `brief`, only those run that read refs, receipts and dates,
 * so that a monitor can ask every minute; else all of them. Each finding is a
 * sentence with the command that ends it. Looking changes nothing.
 *
 *	r = gv_doctor_run(&report, repo, &opts);
 *	for (i = 0; i < report.n; i++) …
 *	gv_doctor_release(&report);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "doctor/probe.h"
#include "key/keyring_age.h"
#include "key/keyring_store.h"
#include "record/good.h"
#include "record/record.h"
#include "record/record_refs.h"
#include "replica/copies.h"
#include "view/whereabouts.h"

struct gv_repo;

enum gv_doctor_grade {
	GV_DOCTOR_NOTE,    /* good to know */
	GV_DOCTOR_WARNING, /* will do harm one day */
	GV_DOCTOR_ERROR,   /* does harm now */
};

struct gv_doctor_finding {
	enum gv_doctor_grade grade;
	const char *kind;  /* a stable name: "stale_lock"; static */
	char *text;        /* the sentence */
	const char *about; /* the target of copies that it is of; or NULL */
	char *command;     /* that mends it; NULL: no command does */
	bool is_safe;      /* the command loses nothing and sends nothing: see
			     gv_doctor_fix() */
	bool is_fixed;     /* gv_doctor_fix() ran it, and it succeeded */
};

#define GV_DOCTOR_VERSIONS 8

struct gv_doctor_version {
	const char *name; /* "git", "libgit2", …; static */
	char text[32];
};

/* What a remote with a vault has of this clone's snapshots, as it was last
 * seen. */
struct gv_doctor_remote {
	struct gv_whereabouts_remote *where;
	size_t snapshots; /* of this clone that are there */
	size_t newest;    /* of these: its place in `refs` */
	int64_t received; /* that one, by its receipt; 0: it has none */
	enum gv_receipt_trust trust;      /* of the receipt */
	size_t others;                    /* receipts of other commits */
	char other[GV_RECORD_ID_LEN + 1]; /* the last of these */
	size_t damaged;                   /* receipts */
};

/* An environment that has known-good records. */
struct gv_doctor_env {
	const char *name;
	bool has_good;        /* there is one to go back to: */
	struct gv_good good;  /* the newest that counts */
	struct gv_record rec; /* its snapshot; zeroed: it has none */
};

/* A state of which this clone and a remote have versions that do not follow
 * each other. */
struct gv_doctor_conflict {
	char *state; /* "prod/network" */
	char *remote;
};

struct gv_doctor_report {
	struct gv_doctor_finding *findings; /* the most dangerous first */
	size_t n, cap;
	size_t checks;                      /* that were made */
	size_t counts[GV_DOCTOR_ERROR + 1]; /* by grade, without the fixed */

	struct gv_record_refs refs; /* the snapshots, the oldest first */
	size_t unsent;     /* place of the oldest behind which none is on a
			      remote, or their number: the newest is on one */
	size_t n_verified; /* snapshots, at some time */
	int64_t verified;  /* when one last was; 0: never */
	uint64_t waiting;  /* events that the audit does not have yet */
	struct gv_doctor_remote *remotes; /* those with a vault */
	size_t n_remotes;
	bool is_sealed;   /* something is encrypted, … */
	bool has_keyring; /* … and the keyring could be read: */
	struct gv_keyring_kept keyring;
	/* with keys_last, how old its keys are, and which is this host's;
	 * ages.n: it could not be told */
	struct gv_keyring_ages ages;
	size_t own_key;
	int64_t keys_last; /* seconds, by the policy; 0: it does not say */
	struct gv_doctor_env *envs; /* by name */
	size_t n_envs, cap_envs;

	struct gv_copies copies; /* in stores elsewhere */

	struct gv_doctor_conflict *conflicts; /* by remote and state */
	size_t n_conflicts, cap_conflicts;

	struct gv_doctor_version versions[GV_DOCTOR_VERSIONS];
	size_t n_versions; /* 0 with `brief` */
	bool is_probed;    /* a remote was asked for, and `probe` tells of it */
	struct gv_probe probe;
	/* private */
	struct gv_whereabouts where;
	struct gv_goods goods;
};

/* Defaults of the options, in seconds. */
#define GV_DOCTOR_MAX_AGE         (7 * 86400)
#define GV_DOCTOR_VERIFIED_WITHIN (30 * 86400)

struct gv_doctor_opts {
	bool brief;
	int64_t now;             /* seconds since 1970 */
	int64_t max_age;         /* of the newest snapshot */
	int64_t verified_within; /* since the last verification */
	/* one that is probed, too, by a ref that comes and goes; NULL: none */
	const char *remote;
};

/* Look. 0, whatever is found; GV_EUSAGE where there is no such remote;
 * GV_ENOMEM, GV_ECANCELED, GV_ERROR where the repository cannot be read at all.
 * The caller releases *out. */
int gv_doctor_run(struct gv_doctor_report *out, struct gv_repo *repo,
    const struct gv_doctor_opts *opts);

/* Add a finding that somebody above found, in its place by grade; `kind` is
 * static, `command` (may be NULL) and `text` are copied. 0 or GV_ENOMEM.
 * (doctor_finding.c) */
int gv_doctor_report_add(struct gv_doctor_report *report,
    enum gv_doctor_grade grade, const char *kind, const char *command,
    const char *text);

/* Run the command of a finding that `is_safe`, by sh, and note whether it
 * succeeded. 0; GV_ERROR with the first line that the command printed on its
 * standard error where it failed; GV_ENOTFOUND, GV_ENOMEM, GV_ECANCELED. */
int gv_doctor_fix(struct gv_doctor_report *report, size_t i);

/* Whether the command below findings of this kind loses nothing of the user's,
 * sends nothing anywhere, and changes nothing that was decided on purpose. */
bool gv_doctor_is_safe(const char *kind);

/* The id of the snapshot at this place of the refs, borrowed; and when it was
 * taken, by that id, in seconds since 1970. */
const char *gv_doctor_id(const struct gv_doctor_report *report, size_t i);
int64_t gv_doctor_time(const struct gv_doctor_report *report, size_t i);

/* Whether the remote has that snapshot. */
bool gv_doctor_has(const struct gv_doctor_report *report,
    const struct gv_doctor_remote *remote, size_t i);

/* Free; NULL-safe, zeroed struct ok. */
void gv_doctor_release(struct gv_doctor_report *report);

#endif
