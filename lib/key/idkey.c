#include "key/idkey.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "repo/hash.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sys/clock.h"
#include "sys/entry.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "vault/ledger.h"

#define FILE_NAME "key" /* 64 digits and a newline */
#define WAIT_MS   5000  /* for a snapshot that is being taken */

void
gv_idkey_sum(unsigned char out[GV_IDKEY_SUM], const struct gv_idkey *key)
{
	static const char what[] = "key";
	const struct gv_hash_part part = { what, sizeof(what) };

	gv_hash_keyed(out, key->bytes, &part, 1);
}

static void
set_name(struct gv_idkey *key)
{
	unsigned char sum[GV_IDKEY_SUM];

	gv_idkey_sum(sum, key);
	gv_enc_hex(key->name, sum, GV_IDKEY_NAME / 2);
}

void
gv_idkey_set(struct gv_idkey *out, const unsigned char bytes[GV_IDKEY_BYTES])
{
	memcpy(out->bytes, bytes, GV_IDKEY_BYTES);
	set_name(out);
}

void
gv_idkey_write(char out[GV_IDKEY_FILE], const struct gv_idkey *key)
{
	gv_enc_hex(out, key->bytes, GV_IDKEY_BYTES);
	out[GV_IDKEY_FILE - 1] = '\n'; /* in place of the NUL */
}

int
gv_idkey_read(struct gv_idkey *out, const void *text, size_t len)
{
	const char *p = text;

	if (len != GV_IDKEY_FILE || p[len - 1] != '\n' ||
	    gv_enc_unhex(out->bytes, p, GV_IDKEY_BYTES) < 0)
		return gv_err(GV_ECORRUPT, "this is no key of %d digits",
		    2 * GV_IDKEY_BYTES);
	set_name(out);
	return 0;
}

int
gv_idkey_read_digits(struct gv_idkey *out, const char *digits)
{
	char text[GV_IDKEY_FILE];
	int r;

	if (strlen(digits) != sizeof(text) - 1)
		return gv_err(GV_ECORRUPT, "this is no key of %d digits",
		    2 * GV_IDKEY_BYTES);
	memcpy(text, digits, sizeof(text) - 1);
	text[sizeof(text) - 1] = '\n';
	r = gv_idkey_read(out, text, sizeof(text));
	explicit_bzero(text, sizeof(text));
	return r;
}

int
gv_idkey_load(struct gv_idkey *out, struct gv_repo *repo)
{
	struct gv_ledger ledger = { 0 };
	struct gv_object obj = { 0 };
	struct gv_odb *odb;
	struct gv_oid tip, id;
	unsigned mode;
	int r;

	if ((r = gv_repo_odb(repo, &odb)) < 0 ||
	    (r = gv_ref_find(&tip, repo, GV_REF_IDKEY)) < 0)
		return r;
	if (gv_oid_is_zero(&tip))
		return GV_ENOTFOUND;
	if ((r = gv_ledger_load(&ledger, odb, &tip)) == 0)
		r = gv_tree_find(odb, &ledger.tree, FILE_NAME, &mode, &id);
	if (r == GV_ENOTFOUND)
		r = gv_err(GV_ECORRUPT, "its objects are not all there");
	if (r == 0 &&
	    (r = gv_odb_read_type(odb, &obj, &id, GV_OTYPE_BLOB)) == 0)
		r = gv_idkey_read(out, obj.data, obj.len);
	if (r < 0)
		r = gv_err_in(r == GV_ENOTFOUND ? GV_ECORRUPT : r,
		    "the key of fingerprints, " GV_REF_IDKEY);
	gv_object_release(&obj);
	return r;
}

static int
expected_path(struct gv_buf *out, const struct gv_repo *repo)
{
	gv_buf_addf(out, "%s/vault/idkey", repo->common_dir);
	return gv_buf_check(out);
}

/* Write it where nothing stands: of several that do so at once one's stays. */
static int
put_new(const struct gv_buf *path, const char *text, size_t len, mode_t mode)
{
	struct gv_buf beside = GV_BUF_INIT;
	int r;

	gv_buf_addf(&beside, "%s.%ld", path->p, (long)getpid());
	if ((r = gv_buf_check(&beside)) == 0 &&
	    (r = gv_file_replace(AT_FDCWD, beside.p, text, len, mode, false)) ==
		0 &&
	    gv_file_rename_new(AT_FDCWD, beside.p, path->p) < 0) {
		r = errno == EEXIST
		    ? GV_EEXISTS
		    : gv_err_sys("cannot rename %s to %s", beside.p, path->p);
		(void)gv_entry_unlink(AT_FDCWD, beside.p);
	}
	gv_buf_release(&beside);
	return r;
}

/* A new one is there before anything is named by it. Who shares the repository
 * shares it, and nobody else reads it, whatever the umask. */
static int
draw(struct gv_idkey *out, const struct gv_repo *repo,
    const struct gv_buf *path, bool is_new)
{
	mode_t mode = gv_repo_is_shared(repo) ? 0660 : 0600;
	char text[GV_IDKEY_FILE];
	int r = gv_clock_random(out->bytes, sizeof(out->bytes));

	if (r == 0) {
		gv_idkey_write(text, out);
		r = is_new ? put_new(path, text, sizeof(text), mode)
			   : gv_file_replace(AT_FDCWD, path->p, text,
				 sizeof(text), mode, false);
	}
	explicit_bzero(text, sizeof(text));
	return r;
}

/* One that is damaged, or of somebody else, does not count. */
static int
read_expected(struct gv_idkey *out, const struct gv_buf *path)
{
	struct gv_buf text = GV_BUF_INIT;
	char *before = gv_err_save();
	int r = gv_file_read(&text, AT_FDCWD, path->p, 4096);

	if (r == 0)
		r = gv_idkey_read(out, text.p, text.len);
	gv_err_restore(before);
	if (text.p)
		explicit_bzero(text.p, text.len);
	gv_buf_release(&text);
	return r < 0 && r != GV_ENOMEM ? GV_ENOTFOUND : r;
}

/* Threads of one process would write to the same file beside it. */
static pthread_mutex_t drawing = PTHREAD_MUTEX_INITIALIZER;

int
gv_idkey_expect(struct gv_idkey *out, const struct gv_repo *repo, bool make)
{
	struct gv_buf path = GV_BUF_INIT;
	int r = expected_path(&path, repo);

	pthread_mutex_lock(&drawing);
	if (r == 0)
		r = read_expected(out, &path);
	if (r == GV_ENOTFOUND && make) {
		r = draw(out, repo, &path, true);
		if (r == GV_EEXISTS)
			r = read_expected(out, &path);
		if (r == GV_ENOTFOUND)
			r = draw(out, repo, &path, false);
	}
	pthread_mutex_unlock(&drawing);
	if (r == 0)
		set_name(out);
	gv_buf_release(&path);
	return r;
}

/* The key of the repository is ours to make: the one that was to be, whose
 * names stand in facts, else a new one. */
static int
choose(struct gv_idkey *out, const struct gv_repo *repo)
{
	int r = gv_idkey_expect(out, repo, false);

	if (r != GV_ENOTFOUND)
		return r;
	r = gv_clock_random(out->bytes, sizeof(out->bytes));
	set_name(out);
	return r;
}

static void
forget_expected(const struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT;

	if (expected_path(&path, repo) == 0)
		(void)gv_entry_unlink(AT_FDCWD, path.p);
	gv_buf_release(&path);
}

static int
publish(const struct gv_idkey *key, struct gv_repo *repo, int64_t now)
{
	struct gv_ledger_edit edit = { 0 };
	const struct gv_ledger none = { 0 };
	struct gv_ledger_change change = { .name = FILE_NAME,
		.mode = GV_MODE_FILE };
	char text[GV_IDKEY_FILE];
	struct gv_oid tree;
	int r = gv_ledger_begin(&edit, repo, now);

	gv_idkey_write(text, key);
	if (r < 0 ||
	    (r = gv_ledger_blob(&edit, &change.oid, text, sizeof(text))) < 0 ||
	    (r = gv_ledger_tree(&edit, &tree, NULL, &change, 1)) < 0)
		goto out;
	r = gv_ledger_step(
	    &edit, &none, GV_REF_IDKEY, &tree, "make the key of fingerprints");
	if (r < 0)
		goto out;
	r = gv_ledger_publish(&edit);
out:
	gv_ledger_end(&edit);
	explicit_bzero(text, sizeof(text));
	return r;
}

static int
make(struct gv_idkey *out, struct gv_repo *repo, int64_t now)
{
	unsigned mask = gv_repo_share(repo);
	int lock, r = gv_repo_lock(&lock, repo, WAIT_MS);

	/* another one may have made it while we waited */
	if (r == 0)
		r = gv_idkey_load(out, repo);
	if (r == GV_ENOTFOUND) {
		if ((r = choose(out, repo)) == 0 &&
		    (r = publish(out, repo, now)) == 0)
			forget_expected(repo);
		/* in another working tree, which has a lock of its own */
		if (r == GV_EEXISTS) {
			r = gv_odb_refresh(repo->odb);
			r = r < 0 ? r : gv_idkey_load(out, repo);
		}
	}
	gv_lock_close(lock);
	gv_repo_unshare(mask);
	return r;
}

int
gv_idkey_get(struct gv_idkey *out, struct gv_repo *repo, int64_t now)
{
	int r = gv_idkey_load(out, repo);

	return r == GV_ENOTFOUND ? make(out, repo, now) : r;
}

int
gv_idkey_choose(struct gv_idkey *out, struct gv_repo *repo)
{
	int r = gv_idkey_load(out, repo);

	return r == GV_ENOTFOUND ? choose(out, repo) : r;
}

void
gv_idkey_retire(struct gv_repo *repo)
{
	struct gv_ref_tx tx = GV_REF_TX_INIT;
	struct gv_oid tip;
	char *before = gv_err_save();

	if (gv_ref_find(&tip, repo, GV_REF_IDKEY) == 0 &&
	    !gv_oid_is_zero(&tip)) {
		gv_ref_delete(&tx, GV_REF_IDKEY, &tip);
		(void)gv_ref_commit(&tx, repo);
	}
	forget_expected(repo);
	gv_ref_tx_release(&tx);
	gv_err_restore(before);
}

static void
sum_up(struct gv_idkey_digest *out, const struct gv_idkey *key,
    const struct gv_hash_part *parts, size_t n)
{
	unsigned char sum[GV_HASH_KEYED];

	gv_hash_keyed(sum, key->bytes, parts, n);
	memcpy(out->bytes, sum, sizeof(out->bytes));
}

void
gv_idkey_value(struct gv_idkey_digest *out, const struct gv_idkey *key,
    const void *value, size_t len)
{
	static const char what[] = "value";
	const struct gv_hash_part parts[] = { { what, sizeof(what) },
		{ value, len } };

	sum_up(out, key, parts, 2);
}

/* The NULs behind the texts are part of it, so that no two findings run
 * together. */
void
gv_idkey_finding(struct gv_idkey_digest *out, const struct gv_idkey *key,
    const char *rule, const char *path, const struct gv_idkey_digest *value)
{
	static const char what[] = "finding";
	const struct gv_hash_part parts[] = { { what, sizeof(what) },
		{ rule, strlen(rule) + 1 }, { path, strlen(path) + 1 },
		{ value->bytes, sizeof(value->bytes) } };

	sum_up(out, key, parts, 4);
}

void
gv_idkey_format(char out[GV_IDKEY_TEXT + 1], const struct gv_idkey *key,
    const struct gv_idkey_digest *digest)
{
	memcpy(out, key->name, GV_IDKEY_NAME);
	out[GV_IDKEY_NAME] = '-';
	gv_enc_hex(out + GV_IDKEY_NAME + 1, digest->bytes, GV_IDKEY_DIGEST);
}

int
gv_idkey_parse(
    struct gv_idkey_digest *out, char name[GV_IDKEY_NAME + 1], const char *text)
{
	unsigned char raw[GV_IDKEY_NAME / 2];

	if (strlen(text) != GV_IDKEY_TEXT || text[GV_IDKEY_NAME] != '-' ||
	    gv_enc_unhex(raw, text, sizeof(raw)) < 0 ||
	    gv_enc_unhex(
		out->bytes, text + GV_IDKEY_NAME + 1, GV_IDKEY_DIGEST) < 0)
		return GV_ERROR;
	gv_enc_hex(name, raw, sizeof(raw));
	return 0;
}
