#ifndef GV_ADOPTION_H
#define GV_ADOPTION_H
/*
 * Decides whether this clone uses the keyring of a remote. A keyring says who
 * can read what this clone encrypts, and anybody who can push can replace the
 * one on the remote. So a person has to compare its fingerprint: they put it
 * into vault.keyring of git's configuration, or answer the question of
 * adoption_ask.h.
 *
 * A clone that has seen no keyring cannot tell an older version from the newest
 * one. In an older version, somebody who was removed since would still be a
 * reader. So vault.keyring may also name the oldest version to use.
 * keyring_store.h and key.h put a keyring into use.
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
	GV_ADOPTION_UNKNOWN, /* there is no pin: a person has to decide */
};

/* Judge this version of the keyring with this fingerprint by a pin (NULL: no
 * pin). A pin may omit "SHA256:"; its version is optional, and is the oldest
 * one to use. A pure function. */
enum gv_adoption
gv_adoption_judge(const char *pin, const char *print, unsigned version);

/* The same, by the configuration of a repository. */
enum gv_adoption gv_adoption_judge_by(
    const struct gv_repo *repo, const char *print, unsigned version);

#endif
