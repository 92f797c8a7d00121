#ifndef GV_ACCESS_WHO_H
#define GV_ACCESS_WHO_H
/*
 * Who is known: the people of the keyring, and who has signed a commit. The
 * names in a commit's author and committer say nothing, since whoever makes it
 * writes them.
 *
 *	r = gv_access_who_load(&who, repo);
 *	r = gv_access_who_signed(&name, &who, odb, &commit);
 *	gv_access_who_release(&who);
 */

#include <stddef.h>

#include "access/access.h"
#include "audit/audit_signers.h"

struct gv_odb;
struct gv_repo;
struct gv_safe;

struct gv_access_who {
	struct gv_access_person *people;
	size_t n, cap;
	struct gv_audit_signers signers;
	const char *why;  /* why the keyring is not trusted, or that there is
			     none; NULL: it is */
	const char *self; /* the user here, by the key that signs here; NULL */
	struct gv_arena arena;
};

/* Load them. A keyring that is not trusted has nobody. 0; GV_ENOMEM; GV_ERROR.
 * Release *out in any case. */
int gv_access_who_load(struct gv_access_who *out, struct gv_repo *repo);

/* Who has signed a commit as git signs with a key of ssh: a name of the
 * keyring, which lives as long as `who`; NULL: nobody, or nobody who is in it.
 * 0; failures to read the commit; GV_ENOMEM. */
int gv_access_who_signed(const char **name, const struct gv_access_who *who,
    struct gv_odb *odb, const struct gv_oid *commit);

/* Who signs by the identities that were named to a safe; NULL: the user here. A
 * name of the keyring, or NULL. 0; GV_ENOKEY where none of them signs. */
int gv_access_who_named(
    const char **name, const struct gv_access_who *who, struct gv_safe *safe);

/* NULL-safe. */
void gv_access_who_release(struct gv_access_who *who);

#endif
