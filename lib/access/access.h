#ifndef GV_ACCESS_H
#define GV_ACCESS_H
/*
 * Who may change what: the rules of the policy (access) held against a change,
 * as pure functions. All rules that a change is of have to hold. How changes
 * are found in Git is for access_step.h, how a push is judged for
 * access_judge.h.
 *
 *	if (gv_access_is_of(policy, rule, change))
 *		…
 *	r = gv_access_decide(&verdict, &asked);
 *	if (verdict.lacks)
 *		refuse it: verdict.points[0].lacks …
 *	gv_access_verdict_release(&verdict);
 *
 * What nobody knows decides against the change: a file whose keys cannot be
 * read has changed all of them, and somebody unknown has no role.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "config/policy.h"
#include "key/keyring.h"
#include "repo/oid.h"

/* ---- a change ------------------------------------------------------------ */

enum gv_access_reads {
	GV_ACCESS_NO_KEYS, /* no format that has keys, by its name */
	GV_ACCESS_KEYS,    /* `keys` are those that changed */
	GV_ACCESS_UNREAD,  /* it could have changed any key */
};

#define GV_ACCESS_SUM 17 /* digits, and the NUL */

/* What names two values, and tells nothing of them. */
struct gv_access_sums {
	char old[GV_ACCESS_SUM], new[GV_ACCESS_SUM]; /* "none": no value */
};

/* One file of a step. A mode of 0: it is not there. */
struct gv_access_change {
	const char *path;
	size_t len;
	unsigned old_mode, new_mode;
	struct gv_oid old, new;
	enum gv_access_reads reads;
	const char *const *keys; /* paths of keys as gv_doc_path() has them */
	size_t n_keys;
	/* of the values of each key, before and after, where the changes have a
	 * key for it; NULL: not told */
	const struct gv_access_sums *sums;
	/* keys whose values are made of these by templates of a set */
	const char *const *made;
	size_t n_made;
	const char *const *envs; /* environments that the file is of */
	size_t n_envs;
	bool
	    is_elsewhere; /* it is of an environment: keys in it say no other */
	bool is_governed; /* some rule is about it */
};

struct gv_access_changes {
	struct gv_access_change *items; /* sorted by path */
	size_t n, cap;
	/* GV_DIGEST_KEY bytes by which values are named; NULL: they are not */
	const unsigned char *key;
	struct gv_arena arena;
};

#define GV_ACCESS_CHANGES_INIT                                                 \
	{                                                                      \
		.arena = GV_ARENA_INIT                                         \
	}

/* NULL-safe. */
void gv_access_changes_release(struct gv_access_changes *changes);

/* ---- which rules --------------------------------------------------------- */

/* The rule about the policy where it has none of its own that names the file:
 * owners of the keyring change it. */
extern const struct gv_policy_access_rule gv_access_own_rule;

/* The rules of a policy, the one about itself last; NULL behind it. None where
 * it has no rule at all. */
const struct gv_policy_access_rule *
gv_access_rule(const struct gv_policy *policy, size_t i);

/* Whether a key is one of a pattern, is below one, or holds one: steps with a
 * '.' between, '*' any one, '**' any number of them. Elements of lists are no
 * steps. A key below providers.NAME is also the one that it sets. */
bool gv_access_fits_key(const char *pattern, const char *key);

/* Whether a path is one of a pattern of Git (a text without wildcards: also
 * all below it), in any case of letters. With `leads`, also whether something
 * below the path could be. */
bool gv_access_fits_path(
    const char *pattern, const char *path, size_t len, bool leads);

/* Whether its path is, whatever was changed in it. */
bool gv_access_is_path_of(const struct gv_policy_access_rule *rule,
    const struct gv_access_change *change);

/* Whether a change is of a rule. */
bool gv_access_is_of(const struct gv_policy *policy,
    const struct gv_policy_access_rule *rule,
    const struct gv_access_change *change);

/* Set is_governed of each change. */
void gv_access_mark(
    struct gv_access_changes *changes, const struct gv_policy *policy);

/* What an approval is of: the governed files of a step, with the blobs before
 * and after it. False where there are none. Equal for a rebased commit, and
 * another one with any other content. */
bool
gv_access_subject(struct gv_oid *out, const struct gv_access_changes *changes);

/* ---- who ----------------------------------------------------------------- */

struct gv_access_person {
	const char *name; /* in the keyring */
	enum gv_keyring_role role;
};

/* Whether a name is one of the keyring. */
bool gv_access_has_person(
    const struct gv_access_person *people, size_t n, const char *name);

/* Whether somebody of the keyring has a role: of the policy, or of the keyring
 * (owner, operator, reader). Nobody has one whom the keyring does not know. */
bool gv_access_has_role(const struct gv_policy_access *access,
    const struct gv_access_person *people, size_t n, const char *name,
    const char *role);

/* Whether they have one of several. */
bool gv_access_has_any(const struct gv_policy_access *access,
    const struct gv_access_person *people, size_t n, const char *name,
    const struct gv_policy_texts *roles);

/* The roles whose approvals a rule counts; empty: anybody of the keyring. */
const struct gv_policy_texts *
gv_access_approvers(const struct gv_policy_access_rule *rule);

/* The name that an account of the host has in the keyring; NULL: none. */
const char *
gv_access_name_of(const struct gv_policy_access *access, const char *account);

/* ---- the verdict --------------------------------------------------------- */

struct gv_access_given {
	const char *name; /* in the keyring */
	int64_t time;     /* seconds since 1970 */
};

struct gv_access_asked {
	const struct gv_policy *policy; /* of the branch before */
	const struct gv_access_changes *changes;
	const struct gv_access_person *people; /* of the keyring */
	size_t n_people;
	const char *person; /* who changes it; NULL: nobody knows */
	bool is_reader;     /* `person` only looks at what others wrote */
	/* who wrote it, by what was signed, and `person` */
	const char *const *authors;
	size_t n_authors;
	const struct gv_access_given *given; /* approvals of the subject, of
						one name the newest */
	size_t n_given;
	int64_t now;
	gv_policy_zone_fn *zone; /* NULL: no time zone is known */
	void *zone_ctx;
};

enum gv_access_lack {
	GV_ACCESS_ROLE = 1 << 0,      /* who changes it has none of the roles */
	GV_ACCESS_APPROVALS = 1 << 1, /* too few */
	GV_ACCESS_FROZEN = 1 << 2,
	GV_ACCESS_AUTHOR = 1 << 3, /* nobody of the keyring is known to be the
				      author, so any approval could be of them
				    */
};

/* A rule that the change is of. */
struct gv_access_point {
	const struct gv_policy_access_rule *rule;
	const struct gv_access_change *change; /* the first that is of it */
	size_t n_changes;
	unsigned lacks;   /* 0: it holds */
	unsigned has;     /* approvals that count */
	const char **by;  /* whose they are */
	const char **may; /* who could approve, and has not */
	size_t n_may;
	struct gv_policy_frozen frozen;
};

struct gv_access_verdict {
	struct gv_access_point *points; /* in the order of the rules */
	size_t n, cap;
	unsigned lacks; /* of all of them; 0: it may go */
	struct gv_arena arena;
};

/* Hold every rule against a change. 0 or GV_ENOMEM. To be released in any case;
 * what it points to is the caller's. */
int gv_access_decide(
    struct gv_access_verdict *out, const struct gv_access_asked *asked);

/* NULL-safe. */
void gv_access_verdict_release(struct gv_access_verdict *verdict);

#endif
