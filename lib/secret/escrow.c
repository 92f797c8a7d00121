#include "secret/escrow.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "crypto/armor.h"
#include "crypto/identity.h"
#include "crypto/recipient.h"
#include "crypto/scrypt.h"
#include "crypto/secret.h"
#include "crypto/share.h"
#include "crypto/sign.h"
#include "crypto/ssh.h"
#include "key/keyfile.h"
#include "key/keyring.h"
#include "key/prompt.h"
#include "sys/entry.h"
#include "sys/file.h"
#include "sys/outfile.h"

#define WHAT "the recovery identity"

static const char armor_begin[] = "-----BEGIN AGE ENCRYPTED FILE-----";
static const char share_prefix[] = "GIT-VAULT-SHARE-1";

struct gv_escrow {
	struct gv_identity id;
	struct gv_buf recipient, signer;
	struct gv_secret *texts; /* one, or one a share */
	size_t n;
	const char *const *holders; /* of the shares; NULL: nobody was named */
};

/* How a recovered identity is used, at the end of both texts. */
#define USE                                                                    \
	"Then restore with it:\n\n"                                            \
	"    git vault restore latest --to out --identity identity\n\n"        \
	"or decrypt a secret by age -d -i identity; see "                      \
	"git-vault-recovery(7).\n\n"

/* ---- the passphrase ---- */

/* Whoever finds the paper can try passphrases for years. */
#define SHORT 8

static int
read_passphrase(struct gv_secret *out, const char *path)
{
	struct gv_secret text = GV_SECRET_INIT;
	bool exposed;
	size_t n = 0;
	int r = gv_keyfile_bytes(&text, &exposed, path);

	while (r == 0 && n < text.len && !strchr("\r\n", text.p[n]))
		n++;
	if (r < 0)
		goto out;
	if (n == 0) {
		r = gv_err(GV_EREFUSED, "%s holds no passphrase", path);
		goto out;
	}
	r = gv_secret_add(out, text.p, n);
out:
	gv_secret_release(&text);
	return r;
}

static int
ask(void *ctx, struct gv_secret *out)
{
	const struct gv_escrow_opts *opts = ctx;

	return opts->passphrase ? read_passphrase(out, opts->passphrase)
				: gv_prompt_passphrase(NULL, out, WHAT);
}

/* ---- texts ---- */

static int
add_secret(struct gv_secret *out, const struct gv_buf *text)
{
	int r = gv_buf_check(text);

	return r < 0 ? r : gv_secret_add(out, text->p, text->len);
}

static void
add_head(struct gv_buf *out, const struct gv_escrow *e,
    const struct gv_escrow_opts *opts)
{
	char time[GV_TIME_MAX];

	gv_time_rfc3339(time, opts->now);
	gv_buf_addf(out,
	    "made       %s\n"
	    "keyring    %s\n"
	    "recipient  %s\n\n",
	    time, opts->print, e->recipient.p);
}

static int
seal(struct gv_buf *armor, const struct gv_escrow *e,
    const struct gv_escrow_opts *opts)
{
	struct gv_secret passphrase = GV_SECRET_INIT, key = GV_SECRET_INIT;
	struct gv_recipient to = GV_RECIPIENT_INIT;
	const struct gv_recipient *all = &to;
	struct gv_buf file = GV_BUF_INIT;
	int r = opts->passphrase
	    ? read_passphrase(&passphrase, opts->passphrase)
	    : gv_prompt_new_passphrase(&passphrase, WHAT);

	if (r == 0 && passphrase.len < SHORT)
		r = gv_err(GV_EREFUSED,
		    "the passphrase is too short: whoever finds the paper can "
		    "guess it; use at least %d characters, such as five random "
		    "words",
		    SHORT);
	if (r < 0)
		goto out;
	r = gv_recipient_passphrase(
	    &to, passphrase.p, passphrase.len, GV_SCRYPT_WORK);
	if (r < 0 || (r = gv_identity_format(&key, &e->id)) < 0 ||
	    (r = gv_secret_add(&key, "\n", 1)) < 0 ||
	    (r = gv_age_seal(&file, &all, 1, key.p, key.len)) < 0)
		goto out;
	r = gv_armor_add(armor, file.p, file.len);
out:
	gv_secret_release(&passphrase);
	gv_secret_release(&key);
	gv_recipient_release(&to);
	gv_buf_release(&file);
	return r;
}

static int
write_sealed(struct gv_escrow *e, const struct gv_escrow_opts *opts)
{
	struct gv_buf text = GV_BUF_INIT;
	int r;

	gv_buf_addstr(&text, "RECOVERY IDENTITY OF A GIT-VAULT\n\n");
	add_head(&text, e, opts);
	gv_buf_addstr(&text,
	    "This text and its passphrase together decrypt everything in "
	    "the vault.\n"
	    "Store them in different places. To recover the identity, put "
	    "the lines from\n"
	    "BEGIN to END into a file paper.txt, and run either\n\n"
	    "    age -d -o identity paper.txt\n\n"
	    "or\n\n"
	    "    git vault key recover -o identity paper.txt\n\n" USE);
	if ((r = seal(&text, e, opts)) == 0)
		r = add_secret(&e->texts[0], &text);
	gv_buf_release(&text);
	return r;
}

static int
write_share(struct gv_escrow *e, const struct gv_escrow_opts *opts, unsigned i,
    const struct gv_secret *share)
{
	struct gv_secret *out = &e->texts[i];
	struct gv_buf text = GV_BUF_INIT;
	int r;

	gv_buf_addf(&text,
	    "RECOVERY IDENTITY OF A GIT-VAULT, SHARE %u OF %u\n\n", i + 1,
	    opts->shares);
	if (e->holders)
		gv_buf_addf(&text, "for        %s\n", e->holders[i]);
	add_head(&text, e, opts);
	gv_buf_addf(&text,
	    "Any %u of the %u shares recover the identity; fewer reveal "
	    "nothing about it.\n"
	    "Each share belongs to a different person. To recover, put the "
	    "last line\n"
	    "of %u shares into a file shares.txt:\n\n"
	    "    git vault key recover -o identity shares.txt\n\n" USE,
	    opts->needed, opts->shares, opts->needed);
	if ((r = add_secret(out, &text)) == 0 &&
	    (r = gv_share_format(out, share)) == 0)
		r = gv_secret_add(out, "\n", 1);
	gv_buf_release(&text);
	return r;
}

static int
write_shares(struct gv_escrow *e, const struct gv_escrow_opts *opts)
{
	struct gv_secret key = GV_SECRET_INIT;
	struct gv_secret *shares = calloc(opts->shares, sizeof(*shares));
	unsigned i;
	int r = shares ? gv_identity_format(&key, &e->id) : gv_err_nomem();

	if (r == 0)
		r = gv_share_split(shares, opts->shares, opts->needed, &key);
	for (i = 0; r == 0 && i < opts->shares; i++)
		r = write_share(e, opts, i, &shares[i]);
	for (i = 0; shares && i < opts->shares; i++)
		gv_secret_release(&shares[i]);
	free(shares);
	gv_secret_release(&key);
	return r;
}

/* ---- making ---- */

/* What others are to know of it. */
static int
describe(struct gv_escrow *e)
{
	struct gv_recipient to = GV_RECIPIENT_INIT;
	struct gv_secret sign = GV_SECRET_INIT;
	unsigned char public[GV_SIGN_PUBLIC];
	int r = gv_identity_recipient(&to, &e->id);

	if (r == 0 && (r = gv_recipient_format(&e->recipient, &to)) == 0 &&
	    (r = gv_identity_signer(&sign, &e->id)) == 0) {
		gv_sign_public(public, &sign);
		r = gv_ssh_add_public(&e->signer, public);
	}
	gv_recipient_release(&to);
	gv_secret_release(&sign);
	return r;
}

/* A holder's name is the end of a file's name. */
static int
check_holders(const struct gv_escrow_opts *opts)
{
	size_t i, k;

	if (opts->n_holders && opts->shares == 0)
		return gv_err(GV_EUSAGE,
		    "--for names who gets a share, so it needs --shares K/N");
	if (opts->n_holders && opts->n_holders != opts->shares)
		return gv_err(GV_EUSAGE,
		    "there are %u shares and %zu times --for: name one person "
		    "for each share",
		    opts->shares, opts->n_holders);
	for (i = 0; i < opts->n_holders; i++) {
		if (!gv_keyring_is_name(
			opts->holders[i], strlen(opts->holders[i])))
			return gv_err(GV_EUSAGE,
			    "--for '%s': a name has letters, digits and "
			    "._@+-, and at most %d of them",
			    opts->holders[i], GV_KEYRING_NAME_MAX);
		for (k = 0; k < i; k++)
			if (strcmp(opts->holders[k], opts->holders[i]) == 0)
				return gv_err(GV_EUSAGE,
				    "--for %s is given twice: one person with "
				    "two shares needs fewer others",
				    opts->holders[i]);
	}
	return 0;
}

static int
check(const struct gv_escrow_opts *opts)
{
	if (opts->shares &&
	    (opts->needed < 2 || opts->needed > opts->shares ||
		opts->shares > GV_SHARE_MAX))
		return gv_err(GV_EUSAGE,
		    "shares are K/N, with K from 2 to N and N at most %d",
		    GV_SHARE_MAX);
	return check_holders(opts);
}

int
gv_escrow_new(struct gv_escrow **out, const struct gv_escrow_opts *opts)
{
	struct gv_escrow *e;
	int r = check(opts);

	if (r < 0)
		return r;
	e = calloc(1, sizeof(*e));
	if (e == NULL)
		return gv_err_nomem();
	e->recipient = (struct gv_buf)GV_BUF_INIT;
	e->signer = (struct gv_buf)GV_BUF_INIT;
	e->holders = opts->n_holders ? opts->holders : NULL;
	e->n = opts->shares ? opts->shares : 1;
	e->texts = calloc(e->n, sizeof(*e->texts));
	if (e->texts == NULL)
		r = gv_err_nomem();
	if (r == 0 && (r = gv_identity_new(&e->id)) == 0 &&
	    (r = describe(e)) == 0)
		r = opts->shares ? write_shares(e, opts)
				 : write_sealed(e, opts);
	if (r < 0)
		gv_escrow_free(e);
	else
		*out = e;
	return r;
}

const char *
gv_escrow_recipient(const struct gv_escrow *e)
{
	return e->recipient.p;
}

const char *
gv_escrow_signer(const struct gv_escrow *e)
{
	return e->signer.p;
}

size_t
gv_escrow_count(const struct gv_escrow *e)
{
	return e->n;
}

const char *
gv_escrow_holder(const struct gv_escrow *e, size_t i)
{
	return e->holders ? e->holders[i] : NULL;
}

int
gv_escrow_file(
    struct gv_buf *out, const struct gv_escrow *e, const char *path, size_t i)
{
	gv_buf_addstr(out, path);
	if (e->holders)
		gv_buf_addf(out, ".%s", e->holders[i]);
	else if (e->n > 1)
		gv_buf_addf(out, ".%zu", i + 1);
	return gv_buf_check(out);
}

/* All texts into one place, with two empty lines between them. */
static int
pour(const struct gv_escrow *e, int (*write)(void *, const void *, size_t),
    void *ctx)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < e->n; i++) {
		if (i > 0)
			r = write(ctx, "\n\n", 2);
		if (r == 0)
			r = write(ctx, e->texts[i].p, e->texts[i].len);
	}
	return r;
}

static int
to_stdout(void *ctx, const void *data, size_t len)
{
	(void)ctx;
	return gv_file_write_all(1, data, len) < 0
	    ? gv_err_sys("cannot write the recovery identity")
	    : 0;
}

/* None is written where one could not be: a file of that name may be a share
 * of another identity. */
static int
check_files(const struct gv_escrow *e, const char *path)
{
	struct gv_outfile file = { .mode = 0600 };
	struct gv_buf name = GV_BUF_INIT;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < e->n; i++) {
		gv_buf_reset(&name);
		r = gv_escrow_file(&name, e, path, i);
		file.path = name.p;
		if (r == 0)
			r = gv_outfile_check(&file);
	}
	gv_buf_release(&name);
	return r;
}

/* A file for each; those before one that fails go again. */
static int
write_files(const struct gv_escrow *e, const char *path)
{
	struct gv_buf name = GV_BUF_INIT;
	size_t i, done;
	int r = check_files(e, path);

	for (i = 0; r == 0 && i < e->n; i++) {
		gv_buf_reset(&name);
		if ((r = gv_escrow_file(&name, e, path, i)) == 0)
			r = gv_keyfile_put(name.p, &e->texts[i]);
	}
	done = r < 0 && i > 0 ? i - 1 : 0;
	for (i = 0; i < done; i++) {
		gv_buf_reset(&name);
		if (gv_escrow_file(&name, e, path, i) == 0)
			(void)gv_entry_unlink(AT_FDCWD, name.p);
	}
	gv_buf_release(&name);
	return r;
}

int
gv_escrow_write(const struct gv_escrow *e, const char *path)
{
	struct gv_outfile file = { .path = path, .mode = 0600 };
	int r;

	if (path == NULL)
		return pour(e, to_stdout, NULL);
	if (!gv_outfile_is_stream(path))
		return write_files(e, path);
	r = gv_outfile_open(&file);
	return r < 0
	    ? r
	    : gv_outfile_close(&file, pour(e, gv_outfile_write, &file));
}

void
gv_escrow_free(struct gv_escrow *e)
{
	size_t i;

	if (e == NULL)
		return;
	gv_identity_release(&e->id);
	for (i = 0; e->texts && i < e->n; i++)
		gv_secret_release(&e->texts[i]);
	free(e->texts);
	gv_buf_release(&e->recipient);
	gv_buf_release(&e->signer);
	free(e);
}

/* ---- getting it back ---- */

struct search {
	const struct gv_escrow_opts *opts;
	struct gv_identity_list ids;
	struct gv_secret shares[GV_SHARE_MAX];
	size_t n;
};

static bool
is_share(const char *line, size_t len)
{
	size_t i, n = sizeof(share_prefix) - 1;

	if (len < n)
		return false;
	for (i = 0; i < n; i++) {
		char c = line[i];

		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		if (c != share_prefix[i])
			return false;
	}
	return true;
}

static int
add_share(struct search *s, const char *line, size_t len)
{
	struct gv_secret share = GV_SECRET_INIT;
	size_t i;
	int r = gv_share_parse(&share, line, len);

	/* the same paper twice is no more than once */
	for (i = 0; r == 0 && i < s->n; i++)
		if (gv_secret_is(&s->shares[i], share.p, share.len)) {
			gv_secret_release(&share);
			return 0;
		}
	if (r == 0 && s->n == GV_SHARE_MAX)
		r = gv_err(
		    GV_EUSAGE, "there are more than %d shares", GV_SHARE_MAX);
	if (r == 0)
		s->shares[s->n++] = share;
	else
		gv_secret_release(&share);
	return r;
}

static int
read_text(struct search *s, const char *text, size_t len)
{
	const char *end = text + len, *lf;
	bool found = false;
	size_t n;
	int r = 0;

	for (; r == 0 && text < end; text = lf ? lf + 1 : end) {
		while (text < end && (*text == ' ' || *text == '\t'))
			text++;
		lf = memchr(text, '\n', (size_t)(end - text));
		n = (size_t)((lf ? lf : end) - text);
		while (n && strchr(" \t\r", text[n - 1]) && text[n - 1])
			n--;
		if (is_share(text, n)) {
			found = true;
			r = add_share(s, text, n);
		} else if (n == sizeof(armor_begin) - 1 &&
		    memcmp(text, armor_begin, n) == 0) {
			found = true;
			r = gv_identity_list_read(&s->ids, text,
			    (size_t)(end - text), ask, (void *)s->opts);
			break;
		}
	}
	if (r == 0 && !found)
		r = gv_err(GV_ECORRUPT,
		    "it has neither an encrypted identity nor a share");
	return r;
}

static int
join(struct search *s)
{
	struct gv_secret key = GV_SECRET_INIT;
	struct gv_identity *id;
	int r;

	if ((r = gv_share_join(&key, s->shares, s->n)) < 0)
		goto out;
	s->ids.all = calloc(1, sizeof(*id));
	if (s->ids.all == NULL) {
		r = gv_err_nomem();
		goto out;
	}
	s->ids.cap = 1;
	r = gv_identity_parse(&s->ids.all[0], (const char *)key.p, key.len);
	s->ids.n = r == 0;
out:
	gv_secret_release(&key);
	return r;
}

static int
finish(struct gv_buf *recipient, struct search *s, const char *path)
{
	struct gv_recipient to = GV_RECIPIENT_INIT;
	int r = s->ids.n == 0 ? join(s) : 0;

	if (r == 0 && (r = gv_identity_recipient(&to, &s->ids.all[0])) == 0 &&
	    (r = gv_recipient_format(recipient, &to)) == 0)
		r = gv_keyfile_write(
		    path, &s->ids.all[0], s->opts->now, s->opts->vault);
	gv_recipient_release(&to);
	return r;
}

int
gv_escrow_recover(struct gv_buf *recipient, const char *path,
    const char *const *files, size_t n, const struct gv_escrow_opts *opts)
{
	struct search *s = calloc(1, sizeof(*s));
	struct gv_secret text = GV_SECRET_INIT;
	bool exposed;
	size_t i;
	int r = 0;

	if (s == NULL)
		return gv_err_nomem();
	s->opts = opts;
	for (i = 0; r == 0 && i < n; i++) {
		gv_secret_reset(&text);
		if ((r = gv_keyfile_bytes(&text, &exposed, files[i])) == 0) {
			r = read_text(s, (const char *)text.p, text.len);
			if (r < 0 && r != GV_ENOMEM)
				r = gv_err_in(r, "%s", files[i]);
		}
	}
	if (r == 0)
		r = finish(recipient, s, path);
	while (s->n > 0)
		gv_secret_release(&s->shares[--s->n]);
	gv_identity_list_release(&s->ids);
	gv_secret_release(&text);
	free(s);
	return r;
}
