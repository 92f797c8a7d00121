#ifndef GV_DOCTOR_INTERNAL_H
#define GV_DOCTOR_INTERNAL_H
/*
 * What the checks of doctor share. Each is a function that gathers facts and
 * adds what it finds by doctor_finding.c; doctor_judge.c decides on facts of
 * several of them: doctor_config.c looks at the configuration, doctor_locks.c
 * and doctor_files.c at what lies around, doctor_access.c at who may write
 * there, doctor_vault.c at the snapshots, doctor_ready.c at whether they were
 * verified and can be gone back to, doctor_pins.c at pins, tags, deletions and
 * refs whose objects are missing, doctor_damage.c at what is damaged,
 * doctor_policy.c at the policy file,
 * doctor_keys.c at who can decrypt, doctor_key_age.c at how old keys are,
 * doctor_clear.c at ignored files in
 * snapshots, doctor_secret.c at values, doctor_hook.c at hooks, doctor_remote.c
 * at the settings of remotes, doctor_copies.c at what is on them, doctor_name.c
 * at who the user is, doctor_target.c at copies in stores elsewhere,
 * doctor_state.c at states of tools, doctor_versions.c at
 * git and the libraries.
 *
 *	int
 *	gv_doctor_gc(struct gv_doctor *d)
 *	{
 *		…
 *		return gv_doctor_add(d, GV_DOCTOR_WARNING, "gc_prunes_at_once",
 *		    GC_EXPIRE, "gc.pruneExpire …");
 *	}
 */

#include "base/buf.h"
#include "doctor/doctor.h"
#include "repo/ref.h"
#include "repo/repo.h"
#include "worktree/table.h"

/* So many that what they cost git is worth a word. */
#define GV_DOCTOR_MANY 500

struct gv_dir_names;

struct gv_doctor {
	struct gv_repo *repo;
	const struct gv_doctor_opts *opts;
	struct gv_doctor_report *report;
	struct gv_refs snapshots; /* by their refs, whatever these are named */
	bool is_policy_bad;       /* no snapshot can be taken for it */
	bool is_nowhere;          /* the vault was never on any remote */
	bool is_stranger;         /* the keyring does not have our key */
	bool is_keyless;          /* our key alone decrypts, and is not here */
	int git; /* its version as a number: 2.36 is 236; 0: not known */
};

/* Add a finding; `command` may be NULL. 0 or GV_ENOMEM. */
int gv_doctor_add(struct gv_doctor *d, enum gv_doctor_grade grade,
    const char *kind, const char *command, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* The same, with a command that does something with one path, which is quoted
 * in it. */
struct gv_doctor_do {
	const char *verb, *path;
};
int gv_doctor_add_for(struct gv_doctor *d, enum gv_doctor_grade grade,
    const char *kind, struct gv_doctor_do command, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* Append a formatted word as gv_shell_word() does. */
void gv_doctor_word(struct gv_buf *cmd, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Sort the findings: the gravest first, within a grade in the order in which
 * they were added. */
void gv_doctor_sort(struct gv_doctor_report *report);

/* The names in a folder; none where it is not there. 0 or GV_ENOMEM. */
int gv_doctor_list(struct gv_dir_names *out, const char *path);

/* doctor_config.c */
int gv_doctor_refspecs(struct gv_doctor *d);
int gv_doctor_fsync(struct gv_doctor *d);
int gv_doctor_gc(struct gv_doctor *d);
int gv_doctor_fetch(struct gv_doctor *d);
int gv_doctor_file_system(struct gv_doctor *d);
int gv_doctor_clone(struct gv_doctor *d);

/* doctor_elsewhere.c: objects that another repository has, and what does not
 * get through on other systems and strict servers */
int gv_doctor_borrowed(struct gv_doctor *d);
int gv_doctor_elsewhere(struct gv_doctor *d);

/* Whether objects may be left out of this clone, since a remote promised to
 * have them. */
bool gv_doctor_is_partial(const struct gv_doctor *d);

/* doctor_clear.c: the file by commits has what files each has in clear that may
 * be ignored, each with its NUL; its form is another one when what counts as
 * precious changes */
#define GV_DOCTOR_CLEAR_INIT GV_TABLE_INIT("GVCLEAR1", GV_OID_RAW)
int gv_doctor_clear(struct gv_doctor *d);

/* doctor_secret.c */
int gv_doctor_revoked(struct gv_doctor *d);

/* doctor_approval.c */
int gv_doctor_approvals(struct gv_doctor *d);

/* doctor_hook.c */
int gv_doctor_hooks(struct gv_doctor *d);

/* doctor_remote.c: what is set for remotes, and what the one that was named
 * does with vault refs */
int gv_doctor_prefixes(struct gv_doctor *d);
int gv_doctor_remote(struct gv_doctor *d);

/* doctor_name.c */
int gv_doctor_name(struct gv_doctor *d);

/* doctor_versions.c */
int gv_doctor_versions(struct gv_doctor *d);

/* doctor_copies.c: whether copies are elsewhere, as the last fetch, sync or
 * push has seen it. gv_doctor_remotes() goes before the other two. */
int gv_doctor_remotes(struct gv_doctor *d);
int gv_doctor_unsent(struct gv_doctor *d);
int gv_doctor_receipts(struct gv_doctor *d);

/* doctor_target.c: goes before gv_doctor_remotes() */
int gv_doctor_targets(struct gv_doctor *d);

/* doctor_policy.c */
int gv_doctor_policy(struct gv_doctor *d);
int gv_doctor_watch(struct gv_doctor *d);

/* doctor_keys.c */
int gv_doctor_keys(struct gv_doctor *d);
int gv_doctor_member(struct gv_doctor *d);

/* doctor_key_age.c: goes behind gv_doctor_keys() */
int gv_doctor_key_age(struct gv_doctor *d);

/* doctor_ready.c */
int gv_doctor_verified(struct gv_doctor *d);
int gv_doctor_drills(struct gv_doctor *d);
int gv_doctor_good(struct gv_doctor *d);
int gv_doctor_audit(struct gv_doctor *d);

/* doctor_pins.c */
int gv_doctor_marks(struct gv_doctor *d);

/* Append the command that brings back what is lost: from a remote where one is
 * set up. 0 or GV_ENOMEM. */
int gv_doctor_repair(struct gv_buf *cmd, const struct gv_doctor *d);

/* doctor_damage.c */
int gv_doctor_damage(struct gv_doctor *d);

/* doctor_scope.c */
int gv_doctor_scopes(struct gv_doctor *d);

/* doctor_backend.c */
int gv_doctor_backends(struct gv_doctor *d);

/* doctor_state.c */
int gv_doctor_states(struct gv_doctor *d);
int gv_doctor_state_locks(struct gv_doctor *d);
int gv_doctor_notes(struct gv_doctor *d);

/* doctor_conflict.c */
int gv_doctor_conflicts(struct gv_doctor *d);

/* doctor_locks.c */
int gv_doctor_locks(struct gv_doctor *d);
int gv_doctor_refs(struct gv_doctor *d);
int gv_doctor_broken(struct gv_doctor *d);

/* doctor_access.c */
int gv_doctor_permissions(struct gv_doctor *d);

/* doctor_files.c */
int gv_doctor_left(struct gv_doctor *d);
int gv_doctor_packs(struct gv_doctor *d);
int gv_doctor_graph(struct gv_doctor *d);
int gv_doctor_caches(struct gv_doctor *d);
int gv_doctor_disk(struct gv_doctor *d);
int gv_doctor_aside(struct gv_doctor *d);

/* doctor_vault.c */
int gv_doctor_age(struct gv_doctor *d);
int gv_doctor_clock(struct gv_doctor *d);
int gv_doctor_misnamed(struct gv_doctor *d);

/* Deleted snapshots that could not be brought back (doctor_trash.c). */
int gv_doctor_trash(struct gv_doctor *d);

/* States in plaintext that recoveries left (doctor_runs.c). */
int gv_doctor_runs(struct gv_doctor *d);

int gv_doctor_own(struct gv_doctor *d);
int gv_doctor_unreachable(struct gv_doctor *d);

#endif
