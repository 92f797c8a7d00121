#ifndef PEOPLE_H
#define PEOPLE_H
/*
 * People for tests of the keyring: each with a key of age to read by and one of
 * ssh to sign by, and versions that they sign.
 *
 *	people_enter(&state);
 *	sign_by(&sig, ALICE, text.p, text.len);
 *	people_leave(&state);
 */

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/identity.h"
#include "crypto/recipient.h"
#include "crypto/secret.h"
#include "crypto/sign.h"
#include "crypto/ssh.h"
#include "key/keyring.h"

enum { ALICE, BOB, CAROL, MALLORY, N_PEOPLE };

struct person {
	struct gv_identity id;
	struct gv_secret sign;
	struct gv_buf key;    /* age1… */
	struct gv_buf signer; /* ssh-ed25519 AAAA… */
};

static struct person people[N_PEOPLE];

/* Fails the test, with the reason. */
static inline void
fine(int r)
{
	if (r < 0)
		fail_msg("%d: %s", r, gv_err_message());
}

static inline int
people_enter(void **state)
{
	unsigned char public[GV_SIGN_PUBLIC];
	size_t i;

	(void)state;
	for (i = 0; i < N_PEOPLE; i++) {
		struct person *p = &people[i];
		struct gv_recipient to = GV_RECIPIENT_INIT;

		p->key = (struct gv_buf)GV_BUF_INIT;
		p->signer = (struct gv_buf)GV_BUF_INIT;
		if (gv_identity_new(&p->id) < 0 || gv_sign_new(&p->sign) < 0 ||
		    gv_identity_recipient(&to, &p->id) < 0 ||
		    gv_recipient_format(&p->key, &to) < 0)
			return -1;
		gv_sign_public(public, &p->sign);
		gv_recipient_release(&to);
		if (gv_ssh_add_public(&p->signer, public) < 0)
			return -1;
	}
	return 0;
}

static inline int
people_leave(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < N_PEOPLE; i++) {
		gv_identity_release(&people[i].id);
		gv_secret_release(&people[i].sign);
		gv_buf_release(&people[i].key);
		gv_buf_release(&people[i].signer);
	}
	return 0;
}

/* Append the signature of a text. */
static inline void
sign_by(struct gv_buf *sig, int who, const char *text, size_t len)
{
	struct gv_sign sign;

	fine(gv_sign_make(
	    &sign, &people[who].sign, GV_KEYRING_SPACE, text, len));
	fine(gv_sign_format(sig, &sign, GV_KEYRING_SPACE));
}

/* What makes somebody an owner of all. */
static inline struct gv_keyring_change
as_owner(const char *name, int who)
{
	return (struct gv_keyring_change){ .verb = GV_KEYRING_ADD,
		.name = name,
		.role = GV_KEYRING_OWNER,
		.key = people[who].key.p,
		.signer = people[who].signer.p };
}

/* The text of the version behind `before` after some changes. */
static inline void
make_next(struct gv_buf *out, const struct gv_keyring *before,
    const struct gv_keyring_change *changes, size_t n)
{
	static const unsigned char idkey[GV_KEYRING_DIGEST] = { 1, 2, 3 };
	const struct gv_keyring_edit edit = { .before = before,
		.changes = changes,
		.n = n,
		.time = 1795158764,
		.idkey = before ? NULL : idkey };

	gv_buf_reset(out);
	fine(gv_keyring_next(out, &edit));
}

#endif
