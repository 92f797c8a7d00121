#ifndef GV_ESCROW_H
#define GV_ESCROW_H
/*
 * An identity for the day when all others are lost, as text for paper: sealed
 * by a passphrase as age does it, or in shares of which some are enough. What
 * makes it a recipient is for key.h.
 *
 *	r = gv_escrow_new(&escrow, &opts);
 *	… add gv_escrow_recipient(escrow) to the keyring
 *	r = gv_escrow_write(escrow, "paper.txt");
 *	gv_escrow_free(escrow);
 *	…
 *	r = gv_escrow_recover("identity", files, n, &opts);
 */

#include <stddef.h>
#include <stdint.h>

struct gv_buf;
struct gv_escrow;
struct gv_policy_vault;

#define GV_ESCROW_NAME "escrow" /* of the recipient in the keyring */

struct gv_escrow_opts {
	int64_t now;
	unsigned needed, shares; /* 0: by passphrase */
	/* who gets which share, a name for each; none: nobody is named. They
	 * must live as long as the escrow */
	const char *const *holders;
	size_t n_holders;
	const char *print; /* the fingerprint of the keyring */
	/* a file whose first line is the passphrase ("-": stdin); NULL: the
	 * terminal is asked */
	const char *passphrase;
	/* that is to wrap what comes back; NULL: in clear */
	const struct gv_policy_vault *vault;
};

/* Make one. 0; GV_EUSAGE for shares or holders that cannot be; GV_ENOKEY where
 * nobody can be asked for a passphrase; GV_EREFUSED, GV_ECANCELED, GV_ENOMEM.
 */
int gv_escrow_new(struct gv_escrow **out, const struct gv_escrow_opts *opts);

/* Whom to seal for, so that it opens it. Lives as long as it. */
const char *gv_escrow_recipient(const struct gv_escrow *e);

/* By what it signs, ssh-ed25519 AAAA…: on the day when it is used there may be
 * no owner to say so. Lives as long as it. */
const char *gv_escrow_signer(const struct gv_escrow *e);

/* How many texts there are: one, or one for each share. */
size_t gv_escrow_count(const struct gv_escrow *e);

/* Who gets the i-th share, or NULL where nobody was named. */
const char *gv_escrow_holder(const struct gv_escrow *e, size_t i);

/* Append the name of the file of the i-th text: `path`, and for a share ".N" or
 * ".HOLDER" after it. 0 or GV_ENOMEM. */
int gv_escrow_file(
    struct gv_buf *out, const struct gv_escrow *e, const char *path, size_t i);

/* Write each text to a new file of its own that nobody else can read; all of
 * them into one where the path leads to a FIFO or device, and to stdout with
 * NULL. 0; GV_EEXISTS where one of the files is there, and then none is
 * written; GV_EREFUSED; GV_ERROR. */
int gv_escrow_write(const struct gv_escrow *e, const char *path);

/* NULL-safe; wipes. */
void gv_escrow_free(struct gv_escrow *e);

/* Get the identity back, out of such texts ("-": stdin), or some of the shares,
 * into a new file, and append whom it stands for. 0; GV_ENOKEY for the wrong
 * passphrase or too few shares; GV_ECORRUPT for a text of another kind, or
 * mistyped; as gv_keyfile_write(); others as above. */
int gv_escrow_recover(struct gv_buf *recipient, const char *path,
    const char *const *files, size_t n, const struct gv_escrow_opts *opts);

#endif
