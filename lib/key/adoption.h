#ifndef GV_ADOPTION_H
#define GV_ADOPTION_H
/*
 * Whether the keyring of a remote is used here. It decides who can read what
 * this clone encrypts, and whoever can push can put one there. So it takes a
 * person who compares the fingerprint: vault.keyring in git's configuration
 * names it, or the user agrees to the question. A clone that has seen no
 * keyring cannot tell an older version from the newest one, so that somebody
 *who was removed from the keyring could be a reader again; vault.keyring may
 *name the oldest version to use. The question is in adoption_ask.h; how a
 *keyring comes to be used is for keyring_store.h and key.h.
 *
 *	if (gv_adoption_judge_by(repo, kept.print, kept.keyring.version) ==
 *	    GV_ADOPTION_TAKEN) …
 */

struct gv_repo;

#define GV_ADOPTION_PIN "vault.keyring" /* FINGERPRINT[@VERSION] */

enum gv_adoption {
	GV_ADOPTION_TAKEN,   /* the pin names it, or the user agreed */
	GV_ADOPTION_OTHER,   /* the pin names another one, or is malformed */
	GV_ADOPTION_OLD,     /* the pin names a later version of it */
	GV_ADOPTION_UNKNOWN, /* there is no pin: a person has to say */
};

/* What a pin (NULL: there is none) says of this version of the keyring with
 * this fingerprint. A pin may leave "SHA256:" out, and the version, which is
 * the oldest one to use. A pure function. */
enum gv_adoption
gv_adoption_judge(const char *pin, const char *print, unsigned version);

/* The same by the repository's configuration. */
enum gv_adoption gv_adoption_judge_by(
    const struct gv_repo *repo, const char *print, unsigned version);

#endif
