#ifndef GV_TRACK_H
#define GV_TRACK_H
/*
 * Versions of tool states, byte for byte: refs/vault/state/<env>/<stack>, a
 * commit a version. Its tree holds the file in parts, each sealed for those
 * who read the environment, as far as the policy wants it, and beside each part
 * a leaf of the index, in clear: which resources are in it and short keyed
 * digests of their attributes, never a value. What did not change shares its
 * objects with the version before.
 *
 *	r = gv_track_save(&saved, repo, safe, &what, &source);
 *	r = gv_track_resolve(&version, repo, &of, "latest~1");
 *	r = gv_track_reader_new(&reader, repo, safe, &version);
 *	while ((r = gv_track_reader_next(reader, &p, &len)) > 0) …
 *
 * Without git-vault, from the top of a clone:
 *
 *	git ls-tree -r --format='%(objectname)' COMMIT:parts |
 *	while read -r id
 *	do
 *		git cat-file blob $id | age -d -i KEY | gzip -dcf
 *	done
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/policy.h"
#include "crypto/age.h"
#include "crypto/digest.h"
#include "repo/oid.h"

#define GV_TRACK_KEY 9 /* digits, and the NUL */
#define GV_TRACK_SUM 32

struct gv_identity;
struct gv_repo;
struct gv_safe;
struct gv_state_source;

/* Which state. */
struct gv_track_of {
	const char *env, *stack;
};

struct gv_track_version {
	struct gv_oid commit, tree;
	struct gv_oid previous; /* the version before; zero: none */
	struct gv_oid code;     /* the commit that it was applied from; zero:
				   not known */
	bool is_apart; /* the code is not a parent, so it can be missing */
	/* a version of another clone that was merged, the last parent; zero:
	 * none */
	struct gv_oid also;
	char *env, *stack;
	char *tool;     /* "terraform" … */
	char *writer;   /* the version of the tool; NULL */
	char *lineage;  /* NULL */
	char *forced;   /* what was overridden for it; NULL */
	char *damage;   /* why it is no whole state; NULL */
	char *host;     /* that saved it; NULL */
	char *snapshot; /* the id of the one that it was saved with; NULL */
	unsigned format;
	bool has_serial, is_encrypted;
	uint64_t serial;
	uint64_t size, parts, items;
	int64_t time; /* seconds since 1970, that it was saved */
	/* of the bytes, and the name of the key that it was made by */
	struct gv_digest digest;
	char key[GV_TRACK_KEY];
	unsigned char sealed_for[GV_TRACK_SUM]; /* a digest of who reads it */
	enum gv_policy_seal seal;
	struct gv_oid rules; /* a digest of what says what is sensitive; zero */
	/* of all of the above but `commit`, and the name of the key that made
	 * it, see track_binding.h; "": there is none */
	struct gv_digest binding;
	char bound_by[GV_TRACK_KEY];
	const char *bound; /* what it was found to be, one of
			      gv_track_bindings; NULL: nobody looked */
	bool is_taken; /* by a person who knows that it is refused; never saved
			*/
};

/* Free what it holds; NULL-safe, zeroed ok. */
void gv_track_version_release(struct gv_track_version *v);

/* Before something is called by these names, which can be names: where no state
 * and no lock is called so yet they are held against the scanner. 0; as
 * gv_disclosure_check(). */
int gv_track_check_new(struct gv_repo *repo, const struct gv_track_of *of);

/* ---- in ---- */

struct gv_track_what {
	struct gv_track_of of;
	struct gv_oid code; /* zero: not known */
	/* whether that commit may leave is known: is_apart where it may not */
	bool is_judged, is_apart;
	const char *force;    /* why a guard is overridden; NULL: it is not */
	const char *snapshot; /* that holds the same file; NULL */
	int64_t now;          /* seconds since 1970 */
	/* nothing says that it is a tool's state: what looks like none is then
	 * whole as it is, unless the last version was one */
	bool is_any;
	/* a tool will read it again: over a whole state, a damaged one is
	 * refused */
	bool wants_whole;
};

struct gv_track_saved {
	struct gv_track_version version;
	bool is_new;        /* false: it is the one that was there */
	uint64_t new_parts; /* that were sealed */
	char warning[200];  /* what is to be said of it, a sentence; "" */
	char *apart; /* what is in the commit that it was applied from, and must
			not leave: the commit is no parent; NULL */
	char *unnoted; /* why the commit that it was applied from has no note
			  of it; NULL */
};

/* Save a version of a state, durably. The source only gives bytes.
 * gv_track_check_new() must have accepted the names.
 *
 * The newest whole version guards the save, with Terraform's rules. A version
 * is refused unless it is forced if its serial is lower, or equal with other
 * content; if its lineage differs; if it is empty and the last one is not; or
 * if it is not a state, or one of another tool. A version that equals the last
 * one is not saved again, unless something of the last one is lost, or the
 * present readers cannot open it. The note of the commit that it was applied
 * from gets a line (note.h), in the same transaction if possible; a failure to
 * write it is no failure of the save.
 *
 * The team's policy says what is sealed. If that is not everything, the source
 * is read twice. What is not a whole state of a known tool, or is encrypted by
 * the tool, is sealed in full. It is also sealed in full if the policy cannot
 * be read; the warning says so.
 *
 * 0; GV_EREFUSED; GV_ELOCKED if another version was saved meanwhile;
 * GV_ENOTFOUND for a commit that is missing; what the source returned;
 * GV_ENOMEM; GV_ERROR. */
int gv_track_save(struct gv_track_saved *out, struct gv_repo *repo,
    struct gv_safe *safe, const struct gv_track_what *what,
    const struct gv_state_source *source);

void gv_track_saved_release(struct gv_track_saved *saved);

/* ---- out ---- */

/* Visit the newest version of each state, by environment and stack: fn(ctx,
 * version). An invalid ref is passed to bad(ctx, ref) with this thread's
 * message; NULL: it is a failure. 0; fn's negative value. */
int gv_track_each(struct gv_repo *repo,
    int (*fn)(void *ctx, const struct gv_track_version *v),
    int (*bad)(void *ctx, const char *ref), void *ctx);

/* Visit the versions of one, the newest first: fn() returns 0 to go on, 1 to
 * stop. 0; fn's negative value; GV_ENOTFOUND where there is no such state;
 * GV_ECORRUPT with the commit. */
int gv_track_log(struct gv_repo *repo, const struct gv_track_of *of,
    int (*fn)(void *ctx, const struct gv_track_version *v), void *ctx);

/* The version of a text: "latest", "latest~N", "serial:N" (the newest of that
 * serial), or the beginning of its commit's id, four digits or more. 0;
 * GV_ENOTFOUND; GV_EUSAGE; as gv_track_log(). */
int gv_track_resolve(struct gv_track_version *out, struct gv_repo *repo,
    const struct gv_track_of *of, const char *text);

/* The version that belongs to a commit of the project: the newest that was
 * saved of it, else of the nearest ancestor that has one. *is_exact tells
 * which. 0; GV_ENOTFOUND. */
int
gv_track_at(struct gv_track_version *out, bool *is_exact, struct gv_repo *repo,
    const struct gv_track_of *of, const struct gv_oid *commit);

/* Whether one of these identities opens a version. Only its sum is opened: the
 * one in the safe, or the one that was saved with it. 0; GV_ECORRUPT;
 * GV_ENOTFOUND; GV_EREFUSED; GV_ENOMEM. */
int gv_track_opens(bool *out, struct gv_repo *repo,
    const struct gv_track_version *v, struct gv_safe *safe,
    const struct gv_identity *const *with, size_t n);

/* A version while it is read, a part after the other. */
struct gv_track_reader;

/* Begin to read a version by the identities of a safe; both must outlive it. 0;
 * GV_ENOKEY; GV_ENOTFOUND; GV_ECORRUPT; GV_ENOMEM. */
int gv_track_reader_new(struct gv_track_reader **out, struct gv_repo *repo,
    struct gv_safe *safe, const struct gv_track_version *v);

/* The next part: 1 with its bytes, the reader's until the next call; 0 at the
 * end, once all of them together were held to the sum that was saved with
 * them; GV_ENOKEY; GV_ENOTFOUND; GV_ECORRUPT; GV_ECANCELED; GV_ENOMEM. What was
 * given before a failure is no whole state. */
int
gv_track_reader_next(struct gv_track_reader *g, const void **data, size_t *len);

/* The same as a stream: up to `len` bytes to `data`; how many, 0 at the end. */
int64_t gv_track_reader_read(struct gv_track_reader *g, void *data, size_t len);

/* Give all that is left to the sink. 0; what the sink returned; as above. */
int
gv_track_reader_copy(struct gv_track_reader *g, gv_age_sink *sink, void *ctx);

/* Where a whole version goes. */
struct gv_track_copy {
	struct gv_repo *repo; /* these three as the reader has them */
	struct gv_safe *safe;
	const struct gv_track_version *v;
	const uint64_t *serial; /* instead of its own; NULL: as it is */
	bool is_hidden; /* nobody sees what the sink got before this returns */
	gv_age_sink *sink;
	void *ctx;
};

/* Give a version to the sink by a fresh reader, held to what its commit says
 * (track_binding.h): before the sink gets a byte, unless it is hidden. Up to
 * 64 MiB wait in locked memory for that; what is larger is read twice. 0;
 * GV_EREFUSED where it has no serial that could be changed; GV_ECORRUPT; what
 * the sink returned; as above. */
int gv_track_copy(struct gv_track_reader *g, const struct gv_track_copy *how);

/* NULL-safe; wipes. */
void gv_track_reader_free(struct gv_track_reader *g);

/* The size that a commit states: rounded up if any part of the state is sealed.
 */
uint64_t gv_track_size(enum gv_policy_seal seal, uint64_t size);

#endif
