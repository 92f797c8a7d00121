#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/lines.h"
#include "key/keyring_store_internal.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sys/entry.h"
#include "sys/file.h"
#include "sys/lock.h"

/*
 * Text, with one way to write it:
 *	git-vault keyring pin 1
 *	first <64 digits>
 *	version <number>
 *	digest <64 digits>
 */

#define EXPECTED   "-next"   /* the keyring that is about to take its place */
#define FORMER     "-former" /* fingerprints of those used before */
#define FORMER_MAX ((size_t)1024 * 1024)
#define TEXT_MAX   4096
#define WAIT_MS    5000

int
gv_keyring_pin_format(struct gv_buf *out, const struct gv_keyring_pin *pin)
{
	char first[2 * GV_KEYRING_DIGEST + 1], digest[sizeof(first)];

	gv_enc_hex(first, pin->first, GV_KEYRING_DIGEST);
	gv_enc_hex(digest, pin->digest, GV_KEYRING_DIGEST);
	gv_buf_addf(out,
	    "git-vault keyring pin 1\nfirst %s\nversion %u\ndigest %s\n", first,
	    pin->version, digest);
	return gv_buf_check(out);
}

static const char *
take_digest(unsigned char *out, const char *p, const char *end)
{
	if (p == NULL || end - p < 2 * GV_KEYRING_DIGEST ||
	    gv_enc_unhex(out, p, GV_KEYRING_DIGEST) < 0)
		return NULL;
	return p + 2 * (size_t)GV_KEYRING_DIGEST;
}

static const char *
take_number(unsigned *out, const char *p, const char *end)
{
	unsigned n = 0;

	if (p == NULL)
		return NULL;
	for (; p < end && *p >= '0' && *p <= '9'; p++)
		if (n <= GV_KEYRING_VERSIONS)
			n = n * 10 + (unsigned)(*p - '0');
	*out = n;
	return n >= 1 && n <= GV_KEYRING_VERSIONS ? p : NULL;
}

int
gv_keyring_pin_parse(struct gv_keyring_pin *out, const char *text, size_t len)
{
	const char *end = text + len, *p;
	struct gv_buf again = GV_BUF_INIT;
	struct gv_keyring_pin pin = { .version = 0 };
	bool good;

	p = gv_lines_after(text, end, "git-vault keyring pin 1\nfirst ");
	p = take_digest(pin.first, p, end);
	p = gv_lines_after(p, end, "\nversion ");
	p = take_number(&pin.version, p, end);
	p = gv_lines_after(p, end, "\ndigest ");
	p = take_digest(pin.digest, p, end);
	good = gv_lines_after(p, end, "\n") == end;
	if (good) {
		gv_keyring_pin_format(&again, &pin);
		good = again.len == len && memcmp(again.p, text, len) == 0;
	}
	gv_buf_release(&again);
	if (!good)
		return gv_err(GV_ECORRUPT, "it is damaged");
	*out = pin;
	return 0;
}

static int
path_of(struct gv_buf *out, const struct gv_repo *repo, const char *suffix)
{
	gv_buf_addf(out, "%s/" GV_KEYRING_PIN "%s", repo->common_dir, suffix);
	return gv_buf_check(out);
}

static int
load(struct gv_keyring_pin *out, const struct gv_repo *repo, const char *suffix)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	int r = path_of(&path, repo, suffix);

	if (r == 0) {
		if ((r = gv_file_read(&text, AT_FDCWD, path.p, TEXT_MAX)) == 0)
			r = gv_keyring_pin_parse(out, text.p, text.len);
		if (r < 0 && r != GV_ENOTFOUND && r != GV_ENOMEM)
			r = gv_err_in(GV_ECORRUPT,
			    "%s, which records the keyring seen here, cannot "
			    "be read; ask an owner for the fingerprint, remove "
			    "the file, and compare",
			    path.p);
	}
	gv_buf_release(&text);
	gv_buf_release(&path);
	return r;
}

int
gv_keyring_pin_load(struct gv_keyring_pin *out, const struct gv_repo *repo)
{
	return load(out, repo, "");
}

int
gv_keyring_pin_add_print(struct gv_buf *out, const struct gv_repo *repo)
{
	char print[GV_KEYRING_PRINT];
	struct gv_keyring_pin pin;
	int r = gv_keyring_pin_load(&pin, repo);

	if (r < 0)
		return r == GV_ENOTFOUND ? 0 : r;
	gv_keyring_print(print, pin.first);
	gv_buf_addstr(out, print);
	return gv_buf_check(out);
}

int
gv_keyring_pin_expected(struct gv_keyring_pin *out, const struct gv_repo *repo)
{
	return load(out, repo, EXPECTED);
}

/* Whether it is on the way of what was seen: 0, or GV_EREFUSED. */
static int
compare(const struct gv_keyring_pin *old, const struct gv_keyring_pin *pin,
    const char *path)
{
	if (memcmp(old->first, pin->first, GV_KEYRING_DIGEST) == 0 &&
	    (old->version != pin->version ||
		memcmp(old->digest, pin->digest, GV_KEYRING_DIGEST) == 0))
		return 0;
	return gv_err(GV_EREFUSED,
	    "another keyring was seen here just now, see %s", path);
}

static int
write_it(const struct gv_keyring_pin *pin, const char *path)
{
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_keyring_pin_format(&text, pin);

	/* who shares the repository shares it */
	if (r == 0)
		r = gv_file_replace(
		    AT_FDCWD, path, text.p, text.len, 0666, true);
	gv_buf_release(&text);
	return r;
}

/* Another process may have seen more while we looked. */
static int
raise_it(const struct gv_keyring_pin *pin, const struct gv_repo *repo,
    const char *path)
{
	struct gv_keyring_pin old;
	int r = gv_keyring_pin_load(&old, repo);

	if (r == 0 && (r = compare(&old, pin, path)) == 0 &&
	    old.version >= pin->version)
		return 0;
	return r < 0 && r != GV_ENOTFOUND ? r : write_it(pin, path);
}

/* ---- what was used before ----------------------------------------------- */

static int
load_former(
    struct gv_buf *path, struct gv_buf *text, const struct gv_repo *repo)
{
	int r = path_of(path, repo, FORMER);

	if (r == 0)
		r = gv_file_read(text, AT_FDCWD, path->p, FORMER_MAX);
	return r == GV_ENOTFOUND ? 0 : r;
}

void
gv_keyring_tag(char out[GV_KEYRING_TAG], const struct gv_oid *tag)
{
	memcpy(out, "tag ", 4);
	gv_oid_format(out + 4, tag);
}

static bool
has_line(const struct gv_buf *text, const char *line)
{
	const size_t len = strlen(line);
	const char *p = text->p, *end = p + text->len, *stop;

	for (; p < end; p = stop + 1) {
		stop = memchr(p, '\n', (size_t)(end - p));
		if (stop == NULL)
			break;
		if ((size_t)(stop - p) == len && memcmp(p, line, len) == 0)
			return true;
	}
	return false;
}

bool
gv_keyring_pin_was(const struct gv_repo *repo, const char *print)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	char *before = gv_err_save();
	bool was = load_former(&path, &text, repo) == 0 && text.len &&
	    has_line(&text, print);

	gv_err_restore(before);
	gv_buf_release(&text);
	gv_buf_release(&path);
	return was;
}

/* What this clone signed under a keyring is of this vault still, once another
 * one has taken the place of that keyring. */
static int
add_former(const struct gv_keyring_pin *pin, const struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	char print[GV_KEYRING_PRINT];
	struct gv_keyring_pin old;
	int r = gv_keyring_pin_load(&old, repo);

	if (r == GV_ENOTFOUND || r == GV_ECORRUPT)
		return 0;
	if (r < 0 || memcmp(old.first, pin->first, GV_KEYRING_DIGEST) == 0)
		return r;
	gv_keyring_print(print, old.first);
	if ((r = load_former(&path, &text, repo)) < 0 || has_line(&text, print))
		goto out;
	gv_buf_addf(&text, "%s\n", print);
	if ((r = gv_buf_check(&text)) == 0)
		r = gv_file_replace(
		    AT_FDCWD, path.p, text.p, text.len, 0666, true);
out:
	gv_buf_release(&text);
	gv_buf_release(&path);
	return r;
}

int
gv_keyring_pin_keep_records(const struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	struct gv_refs records = { .n = 0 };
	char line[GV_KEYRING_TAG];
	size_t i;
	int r = gv_ref_list(&records, repo, GV_REFS_GOOD);

	if (r < 0 || records.n == 0 ||
	    (r = load_former(&path, &text, repo)) < 0)
		goto out;
	for (i = 0; i < records.n; i++) {
		gv_keyring_tag(line, &records.refs[i].oid);
		if (text.len + sizeof(line) < FORMER_MAX &&
		    !(text.len && has_line(&text, line)))
			gv_buf_addf(&text, "%s\n", line);
	}
	if ((r = gv_buf_check(&text)) == 0)
		r = gv_file_replace(
		    AT_FDCWD, path.p, text.p, text.len, 0666, true);
out:
	gv_refs_release(&records);
	gv_buf_release(&text);
	gv_buf_release(&path);
	return r;
}

/* What was expected has come. A file that stays names what is pinned now, and
 * so allows nothing that the pin does not. */
static int
replace_it(const struct gv_keyring_pin *pin, const struct gv_repo *repo,
    const char *path)
{
	struct gv_buf expected = GV_BUF_INIT;
	int r;

	if ((r = add_former(pin, repo)) < 0 || (r = write_it(pin, path)) < 0 ||
	    (r = path_of(&expected, repo, EXPECTED)) < 0)
		goto out;
	(void)gv_entry_unlink(AT_FDCWD, expected.p);
out:
	gv_buf_release(&expected);
	return r;
}

static int
expect_it(const struct gv_keyring_pin *pin, const struct gv_repo *repo,
    const char *path)
{
	(void)repo;
	return write_it(pin, path);
}

/* One of the three above, on the file of this suffix, one process at a time. */
static int
change(const struct gv_keyring_pin *pin, const struct gv_repo *repo,
    const char *suffix,
    int (*how)(const struct gv_keyring_pin *pin, const struct gv_repo *repo,
	const char *path))
{
	struct gv_buf path = GV_BUF_INIT, lock_path = GV_BUF_INIT;
	unsigned mask = gv_repo_share(repo);
	char *slash;
	int lock = -1, r;

	if ((r = path_of(&path, repo, suffix)) < 0 ||
	    (r = path_of(&lock_path, repo, "-lock")) < 0)
		goto out;
	slash = strrchr(path.p, '/');
	*slash = '\0';
	r = gv_file_mkdirs(AT_FDCWD, path.p, 0777);
	*slash = '/';
	if (r < 0 || (r = gv_lock_open(&lock, lock_path.p, WAIT_MS)) < 0)
		goto out;
	r = how(pin, repo, path.p);
	gv_lock_close(lock);
out:
	gv_repo_unshare(mask);
	gv_buf_release(&path);
	gv_buf_release(&lock_path);
	return r;
}

int
gv_keyring_pin_raise(
    const struct gv_keyring_pin *pin, const struct gv_repo *repo)
{
	return change(pin, repo, "", raise_it);
}

int
gv_keyring_pin_replace(
    const struct gv_keyring_pin *pin, const struct gv_repo *repo)
{
	return change(pin, repo, "", replace_it);
}

int
gv_keyring_pin_expect(
    const struct gv_keyring_pin *pin, const struct gv_repo *repo)
{
	return change(pin, repo, EXPECTED, expect_it);
}
