#ifndef GV_EVIDENCE_H
#define GV_EVIDENCE_H
/*
 * What an auditor gets for one control and a span of time: tables, reports of
 * drills, the signed events behind them, and sums of all, in a directory that
 * sha256sum, ssh-keygen and git check without git-vault. Which table proves
 * what for which control is in git-vault-audit(7).
 *
 *	const struct gv_evidence_control *c = gv_evidence_control_find("A1.3");
 *	r = gv_evidence_write(&done, repo, &(struct gv_evidence_opts){
 *	    .control = c, .from = from, .to = to, .dir = "evidence" });
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gv_repo;

enum gv_evidence_part {
	GV_EVIDENCE_DRILLS = 1 << 0,       /* drills.csv, reports/ */
	GV_EVIDENCE_ENVIRONMENTS = 1 << 1, /* environments.csv */
	GV_EVIDENCE_SNAPSHOTS = 1 << 2,    /* snapshots.csv */
	GV_EVIDENCE_RECORDS = 1 << 3,      /* records.csv, records/ */
};

/* A control of a framework. */
struct gv_evidence_control {
	const char *name;      /* "A1.3" */
	const char *framework; /* "SOC 2" */
	const char *title;     /* what it asks for, in our words */
	unsigned parts;
	const char *kinds; /* of events, each with a blank on both sides */
};

/* All that are known; a NULL name behind the last. */
extern const struct gv_evidence_control gv_evidence_control_all[];

/* The one of that name, in any case of letters; NULL. */
const struct gv_evidence_control *gv_evidence_control_find(const char *name);

struct gv_evidence_opts {
	const struct gv_evidence_control *control;
	int64_t from, to; /* seconds since 1970, both included */
	const char *dir;  /* does not exist yet, or is empty */
	int64_t now;
};

/* What is in it. */
struct gv_evidence {
	size_t files;
	size_t drills, failed;
	size_t lacking; /* reports that are not in this clone */
	size_t events, is_unsigned;
	size_t unknown; /* signed by a key that the keyring does not know */
	size_t snapshots, records, environments, overdue;
	size_t damaged; /* what could not be read */
	bool is_signed; /* the sums are */
};

/* Write it. 0 with *out set; GV_EREFUSED where something is in the directory
 * already; GV_ECANCELED; GV_ECORRUPT for a report that was changed; GV_ERROR;
 * GV_ENOMEM. After a failure what was written is removed again; if it cannot
 * be, or the program is killed, the directory has a part, without sums. */
int gv_evidence_write(struct gv_evidence *out, struct gv_repo *repo,
    const struct gv_evidence_opts *opts);

/* Read the first or last moment that a text means: of a date alone its first
 * second, or with `is_end` its last, in UTC; else as gv_record_time(). */
int gv_evidence_time(int64_t *out, const char *text, bool is_end);

#endif
