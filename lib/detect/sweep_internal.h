#ifndef GV_SWEEP_INTERNAL_H
#define GV_SWEEP_INTERNAL_H
/*
 * What the files of the sweep share: sweep.c runs it, sweep_files.c and
 * sweep_staged.c say what is to be scanned, sweep_window.c scans one file
 * piece by piece. Include it nowhere else.
 */

#include <pthread.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "config/policy.h"
#include "detect/baseline.h"
#include "detect/scanned.h"
#include "detect/sweep.h"
#include "policy/wish.h"
#include "repo/oid.h"
#include "scan/rule.h"
#include "scan/scan.h"
#include "seal/redact.h"
#include "worktree/fact.h"

struct gv_census;
struct gv_index;
struct gv_odb;
struct gv_row;
struct gv_ruleset;
struct gv_statcache;

/* The rule of a snapshot's own secrets (sweep_stored.c), which no other scan
 * goes by. */
#define GV_SWEEP_OWN_RULE "encrypted-secret"

/* What became of an allowance of the policy. */
struct gv_sweep_use {
	bool is_void; /* it does not count, which is reported */
	atomic_bool used;
	bool has_fingerprint, has_value;
	struct gv_idkey_digest fingerprint, value;
};

/* What a commit or a tag says, and names of files that it adds; or names that
 * are of no object (`is_bare`), as of refs. */
struct gv_sweep_text {
	const char *names; /* a line each; the arena's */
	size_t len;
	bool is_bare;
};

/* What is scanned: a file below a directory, or a blob. */
struct gv_sweep_job {
	const char *path; /* as findings name it, from the top of the tree */
	const char *file; /* what is opened below `root`; NULL: the blob */
	size_t len;       /* of `file` */
	int root;
	/* of a file: what it was when the last snapshot read it, as long as it
	 * is as this row says; else zero, and NULL */
	struct gv_oid blob;
	const struct gv_row *row;
	struct gv_finding_place *places; /* of a blob in history */
	/* in place of the bytes of a blob: the text of the commit, tag or names
	 * that `blob` is the id of; or NULL */
	const struct gv_sweep_text *text;
	bool is_known; /* it was told of by an earlier scan */
};

/* Why an archive was not looked into, or not all of the way; their numbers
 * stand in facts. Sentences by the enum. */
enum gv_sweep_lack {
	GV_SWEEP_ALL,
	GV_SWEEP_TOO_DEEP,
	GV_SWEEP_TOO_LONG,
	GV_SWEEP_TOO_MUCH,
	GV_SWEEP_DAMAGED,
	GV_SWEEP_LOCKED,
	GV_SWEEP_ELSEWHERE,
	GV_SWEEP_PACKED,
	GV_SWEEP_ENCRYPTED,
	GV_SWEEP_LACKS
};

extern const char *const gv_sweep_lacks[];

/* What a scan says of one file, as it is kept. */
struct gv_sweep_facts {
	struct gv_buf bytes;
	bool is_lost; /* it is not all in there, or not to be kept */
	bool is_cut;  /* it is not all in there, being too much */
};

/* What is to be withheld of one file. */
struct gv_sweep_tally {
	uint64_t open; /* findings that count */
	struct gv_redact_span *spans;
	size_t n, cap;
	bool is_all; /* it is an archive that holds the first of them */
	enum gv_sweep_lack lack; /* why not all of it was searched */
};

struct gv_sweep_private {
	struct gv_sweep_opts opts;
	struct gv_ruleset *rules;
	struct gv_policy policy;
	enum gv_finding_grade withhold; /* what has it is withheld */
	struct gv_rules builtin, team;
	/* the built-in ones, but those switched off, and the team's; `changed`
	 * where it is not `builtin` as it is */
	struct gv_rule *all, *changed;
	struct gv_finding_rule *shown; /* the same */
	size_t n_all;
	struct gv_sweep_use *uses; /* of the policy's allowances */
	struct gv_baseline baseline;
	bool is_whole;     /* all of a working tree is scanned */
	bool skips_sealed; /* a blob that is a file of age is not scanned */
	/* of all history: what an earlier scan has found, and from where on
	 * this one looks */
	bool remembers, has_known;
	struct gv_scanned known;
	struct gv_oid *tips; /* sorted */
	size_t n_tips, cap_tips;
	char rules_sum[GV_OID_HEX + 1];
	/* of files by their blobs: asked for, and in use */
	bool wants_facts, has_facts;
	struct gv_fact facts;
	struct gv_map rules_by_id; /* as they are shown: for the facts */
	struct gv_arena arena;     /* paths and keys */
	struct gv_sweep_job *jobs;
	size_t n_jobs, cap_jobs;
	int top;                /* the working tree's top directory, or -1 */
	struct gv_index *index; /* of the census; both or none */
	struct gv_statcache *cache; /* what it goes by; NULL: none */
	struct gv_wish wish;
	struct gv_census *census;
	struct gv_odb *odb;
	atomic_size_t next;
	pthread_mutex_t lock; /* of all below, and of what is public */
	bool asked;           /* for the key */
	struct gv_idkey key;
};

/* One file on its way through the scanner, as much of it as is held. Where one
 * window ends the next one begins so much earlier that whatever begins in its
 * own part is whole in it, with what stands around. */
struct gv_sweep_window {
	struct gv_sweep *sweep;
	struct gv_scan scan;
	char *bytes;
	size_t len, cap;
	size_t limit; /* as much is held, and then what comes in front goes */
	const char *path;
	const char *key; /* the last that was told */
	/* of a member of an archive: in how many it is, where its path is in
	 * the outermost one, that path once it was told, and how many bytes
	 * may still be unpacked */
	int depth;
	size_t outer_len;
	const char *lasting;
	uint64_t *left;
	const struct gv_finding_place *places;
	struct gv_sweep_facts *facts; /* findings go there, too; or NULL */
	struct gv_sweep_tally *tally; /* findings go there only; or NULL */
	/* of the first byte that is held: its place, its line, and where that
	 * begins */
	uint64_t base, line_at;
	unsigned line;
	uint64_t done;   /* up to here all findings are reported */
	uint64_t judged; /* … and comments that allow nothing */
};

/* sweep.c */
int gv_sweep_add_job(struct gv_sweep *sweep, const struct gv_sweep_job *job);
int gv_sweep_note_file(
    struct gv_sweep *sweep, const char *path, const char *reason);

/* Keep a finding; what it holds is the sweep's from here on. With a tally it
 * goes in there, if it counts. */
int gv_sweep_keep(
    struct gv_sweep *sweep, struct gv_finding *f, struct gv_sweep_tally *tally);

int gv_sweep_note_archive(
    struct gv_sweep *sweep, const char *path, enum gv_sweep_lack lack);

/* A text that lasts as long as the sweep; NULL without memory. */
const char *gv_sweep_copy(struct gv_sweep *sweep, const char *text, size_t len);

/* A key as reports show it; NULL without memory. */
const char *gv_sweep_copy_key(struct gv_sweep *sweep, const char *key);

/* The rule as reports show it. */
const struct gv_finding_rule *
gv_sweep_rule_of(const struct gv_sweep *sweep, const struct gv_rule *rule);

/* The key of fingerprints, NULL where there can be none; where there is none
 * yet it is made. */
const struct gv_idkey *gv_sweep_key(struct gv_sweep *sweep);

int gv_sweep_doubt(struct gv_sweep *sweep, const char *path, unsigned line,
    enum gv_sweep_matter matter);

/* A digest of an allowance that is of another key than ours, or NULL. `key` may
 * be NULL. */
const char *
gv_sweep_foreign_key(const struct gv_sweep *sweep, const struct gv_idkey *key);

/* sweep_rules.c: which rules there are. */
int gv_sweep_load_rules(struct gv_sweep *sweep);

/* … and make them ready, which a scan of nothing, or of what is known, does not
 * need. Safe in threads. */
int gv_sweep_open_rules(struct gv_sweep *sweep);

/* sweep_allow.c: which findings may be. */
int gv_sweep_load_allowances(struct gv_sweep *sweep);

/* Set what a comment on its line says of a finding. */
void gv_sweep_read_comment(struct gv_finding *f, const char *line, size_t len);

/* The next comment that allows something, as findings read them, or NULL; then
 * *rule is what it names. */
const char *gv_sweep_find_comment(
    const char *p, size_t len, const char **rule, size_t *rule_len);

/* Tell that it stands on a line where it matches nothing. */
int gv_sweep_waste_comment(struct gv_sweep_window *w, unsigned line,
    const char *rule, size_t rule_len);

/* Set who allows a finding. */
int gv_sweep_allow(struct gv_sweep *sweep, struct gv_finding *f);

/* Tell which allowances were of no use. */
int gv_sweep_judge_allowances(struct gv_sweep *sweep);

/* sweep_fact.c: what is remembered of blobs. */

/* Let facts be those of a new file. */
struct gv_sweep_facts *gv_sweep_fact_begin(struct gv_sweep_facts *facts);

/* Add to the facts of a file; what fails is lost. */
void gv_sweep_fact_add_finding(struct gv_sweep_facts *facts,
    const struct gv_finding *f, const struct gv_idkey *key);
void gv_sweep_fact_add_comment(
    struct gv_sweep_facts *facts, unsigned line, enum gv_sweep_matter matter);
void gv_sweep_fact_add_lack(
    struct gv_sweep_facts *facts, const char *inner, enum gv_sweep_lack lack);

/* Read what is known of blobs. 0 or GV_ENOMEM. */
int gv_sweep_fact_load(struct gv_sweep *sweep);

/* Write it, where something is new. What cannot be written costs time. */
void gv_sweep_fact_save(struct gv_sweep *sweep);

/* Keep all that was told of a file. */
void gv_sweep_fact_put(struct gv_sweep *sweep, const struct gv_oid *blob,
    const char *path, const struct gv_sweep_facts *facts);

/* Tell what is known of the blob of a job, as a scan would. 1; 0 where nothing
 * is known, and nothing was reported; GV_ENOMEM. `tally` is as for a window;
 * without a window, the job's path must last as long as the sweep. */
int gv_sweep_fact_tell(struct gv_sweep *sweep, const struct gv_sweep_job *job,
    struct gv_sweep_tally *tally);

/* Tell what was just found by another path of the same kind as by that of the
 * job, whose path must last. 0 or GV_ENOMEM. */
int gv_sweep_fact_tell_again(struct gv_sweep *sweep,
    const struct gv_sweep_job *job, const struct gv_sweep_facts *facts);

/* sweep_known.c: what is remembered of history. */

/* Read what is known, if it is of these rules and this key. */
int gv_sweep_load_known(struct gv_sweep *sweep);
void gv_sweep_forget_known(struct gv_sweep *sweep);

/* Write down what there is. */
void gv_sweep_save_known(struct gv_sweep *sweep);

/* sweep_history.c: add what the commits have brought that git lists by `argv`
 * and this standard input, the oldest first (NULL: there are none); and what
 * else a push has, if it is one. 0 or a failure. */
int gv_sweep_add_commits(struct gv_sweep *sweep, const char *const *argv,
    const struct gv_buf *in, const struct gv_sweep_push *push);

/* sweep_text.c: put blanks in place of signatures and public keys in what a
 * commit or tag says. They are no secrets, but random letters, and now and then
 * some of them look like a token. */
void gv_sweep_text_blank(char *text, size_t len);

/* sweep_text.c: scan the text of a job. 1, or a failure. */
int
gv_sweep_text_scan(struct gv_sweep_window *w, const struct gv_sweep_job *job);

/* sweep_settle.c: once all is scanned, each finding of a version of a file is
 * told once, by the path where it weighs most. 0 or GV_ENOMEM. */
int gv_sweep_settle_history(struct gv_sweep *sweep);

/* Whether what is scanned by this place was scanned by another path, too. */
static inline bool
gv_sweep_is_again(const struct gv_finding_place *place)
{
	return place && place != place->first;
}

/* sweep_archive.c: zip, gzip and tar are looked into, within bounds. */

/* Whether what a window holds, from its beginning on, is one. */
bool gv_sweep_archive_is(const struct gv_sweep_window *w);

/* Scan what is in the archive that a window holds. 1: it was not to be looked
 * into, or not all of the way, which is noted; 0; GV_ENOMEM. */
int gv_sweep_archive_scan(struct gv_sweep_window *w);

/* Note that there is one which is larger than what is looked into. */
int gv_sweep_archive_skip(struct gv_sweep_window *w);

/* Note where what a window holds, which is all of a file, only points at its
 * bytes in Git LFS. 0 or GV_ENOMEM. */
int gv_sweep_archive_judge_pointer(struct gv_sweep_window *w);

/* Note a file that is packed or encrypted in a way that nobody here sees into.
 * 0 or GV_ENOMEM. */
int gv_sweep_archive_judge_shut(struct gv_sweep_window *w);

/* sweep_window.c */
void gv_sweep_window_open(struct gv_sweep_window *w, const char *path);

/* Where the next bytes go, *n of them at least one; then gv_…_took() says how
 * many came. What is held is scanned once it is a window, and at the end. */
int gv_sweep_window_room(struct gv_sweep_window *w, char **at, size_t *n);
void gv_sweep_window_took(struct gv_sweep_window *w, size_t n);
int gv_sweep_window_add(struct gv_sweep_window *w, const void *p, size_t n);
int gv_sweep_window_end(struct gv_sweep_window *w);

/* The path as findings name it. NULL without memory. */
const char *gv_sweep_window_path(struct gv_sweep_window *w);
void gv_sweep_window_release(struct gv_sweep_window *w);

#endif
