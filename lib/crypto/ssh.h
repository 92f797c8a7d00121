#ifndef GV_SSH_H
#define GV_SSH_H
/*
 * Keys of ssh as text: the line of a public key, and the file of a private one
 * as ssh-keygen writes it. Only Ed25519; other kinds are refused by name.
 *
 *	r = gv_ssh_public(ed25519, line, len);
 *	if (gv_ssh_is_private(text, len))
 *		r = gv_ssh_private(&key, text, len);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_buf;
struct gv_secret;

#define GV_SSH_PUBLIC  32
#define GV_SSH_PRIVATE 64 /* seed and public key, as libsodium has it */
#define GV_SSH_WIRE    51

/* Whether a line names a kind of ssh key first, ours or not. */
bool gv_ssh_is_public(const char *line, size_t len);

/* Read `ssh-ed25519 BASE64 [comment]`. 0; GV_EREFUSED for another kind of key;
 * GV_ECORRUPT. */
int
gv_ssh_public(unsigned char out[GV_SSH_PUBLIC], const char *line, size_t len);

/* Append such a line, without a comment and a line end. 0 or GV_ENOMEM. */
int
gv_ssh_add_public(struct gv_buf *out, const unsigned char key[GV_SSH_PUBLIC]);

/* The key as it goes over the wire: what its fingerprint is of. */
void gv_ssh_wire(
    unsigned char out[GV_SSH_WIRE], const unsigned char key[GV_SSH_PUBLIC]);

/* Whether a file begins as private keys do, in OpenSSH's form or an older. */
bool gv_ssh_is_private(const char *text, size_t len);

/* Append the GV_SSH_PRIVATE bytes of the key in such a file. 0; GV_EREFUSED,
 * with what to do, for one with a passphrase, of another kind, or in an older
 * form; GV_ECORRUPT; GV_ENOMEM. */
int gv_ssh_private(struct gv_secret *out, const char *text, size_t len);

#endif
