#include "format/tar.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/enc.h"

/*
 * A header is a block of text fields:
 *
 *	  0 name 100   100 mode 8    108 uid 8     116 gid 8
 *	124 size 12    136 mtime 12  148 sum 8     156 type 1
 *	157 link 100   257 "ustar\0" 263 "00"      265 uname 32
 *	297 gname 32   329 dev 8, 8  345 prefix 155
 *
 * Numbers are octal digits with a NUL or blank behind them. Whatever does not
 * fit stands as a record in an extended header, itself a member of type 'x'
 * whose content is the records. The prefix is not used: a name either fits
 * into 100 bytes or is a record.
 */
enum {
	NAME = 0,
	NAME_LEN = 100,
	MODE = 100,
	UID = 108,
	GID = 116,
	SIZE = 124,
	MTIME = 136,
	SUM = 148,
	TYPE = 156,
	LINK = 157,
	MAGIC = 257,
	USER = 265,
	GROUP = 297,
	OWNER_LEN = 32,
	DEVICES = 329,
};

#define MAX_ID   UINT64_C(07777777)     /* seven digits */
#define MAX_SIZE UINT64_C(077777777777) /* eleven digits */
#define RECORD   (20u * GV_TAR_BLOCK)

void
gv_tar_record(
    struct gv_buf *out, const char *key, const void *value, size_t len)
{
	/* blank, '=' and newline; the length counts its own digits too */
	size_t rest = strlen(key) + len + 3, total = rest, digits, n;

	do {
		for (digits = 0, n = total; n; n /= 10)
			digits++;
		n = total;
		total = rest + digits;
	} while (n != total);
	gv_buf_addf(out, "%zu %s=", total, key);
	gv_buf_add(out, value, len);
	gv_buf_addch(out, '\n');
}

static void
text_record(struct gv_buf *out, const char *key, const char *text)
{
	gv_tar_record(out, key, text, strlen(text));
}

static void
number_record(struct gv_buf *out, const char *key, uint64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, n);
	text_record(out, key, text);
}

/* --- extended attributes --- */

/* The kernel's form of a list: its version, then an entry of eight bytes for
 * each, all numbers with the lowest byte first:
 *
 *	0 tag 2    2 rights 2    4 number of the user or group 4
 */
enum {
	ACL_VERSION = 2,
	ACL_HEAD = 4,
	ACL_ENTRY = 8,
};

static bool
add_acl_entry(struct gv_buf *text, const unsigned char *p)
{
	static const struct {
		uint32_t tag;
		const char *word;
		bool is_numbered;
	} kinds[] = { { 0x01, "user:", false }, { 0x02, "user:", true },
		{ 0x04, "group:", false }, { 0x08, "group:", true },
		{ 0x10, "mask:", false }, { 0x20, "other:", false } };
	uint64_t tag = gv_enc_number_le(p, 2);
	uint64_t rights = gv_enc_number_le(p + 2, 2);
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (kinds[i].tag == tag)
			break;
	if (i == sizeof(kinds) / sizeof(*kinds) || rights > 7)
		return false;
	gv_buf_addf(text, "%s%s", text->len ? "," : "", kinds[i].word);
	if (kinds[i].is_numbered)
		gv_buf_addf(
		    text, "%" PRIu32, (uint32_t)gv_enc_number_le(p + 4, 4));
	gv_buf_addf(text, ":%c%c%c", rights & 4 ? 'r' : '-',
	    rights & 2 ? 'w' : '-', rights & 1 ? 'x' : '-');
	return true;
}

/* Who reads it as text takes numbers as well as names, and a number means on
 * this system what the attribute means. One that is no list has no text. */
static void
acl_record(
    struct gv_buf *out, const char *key, const unsigned char *p, size_t len)
{
	struct gv_buf text = GV_BUF_INIT;
	bool is_list = len >= ACL_HEAD &&
	    gv_enc_number_le(p, 4) == ACL_VERSION &&
	    (len - ACL_HEAD) % ACL_ENTRY == 0;
	size_t at;

	for (at = ACL_HEAD; is_list && at < len; at += ACL_ENTRY)
		is_list = add_acl_entry(&text, p + at);
	if (is_list && text.len)
		gv_tar_record(out, key, text.p, text.len);
	out->failed |= text.failed;
	gv_buf_release(&text);
}

void
gv_tar_xattr(
    struct gv_buf *out, const char *name, const void *value, size_t len)
{
	struct gv_buf key = GV_BUF_INIT;
	const char *p;

	if (strcmp(name, "system.posix_acl_access") == 0)
		acl_record(out, "SCHILY.acl.access", value, len);
	else if (strcmp(name, "system.posix_acl_default") == 0)
		acl_record(out, "SCHILY.acl.default", value, len);
	/* tar writes '%' and '=' of a name as %25 and %3D */
	gv_buf_addstr(&key, "SCHILY.xattr.");
	for (p = name; *p; p++)
		if (*p == '%' || *p == '=')
			gv_buf_addf(&key, "%%%02X", (unsigned)*p);
		else
			gv_buf_addch(&key, *p);
	gv_tar_record(out, key.p, value, len);
	out->failed |= key.failed;
	gv_buf_release(&key);
}

/* --- headers --- */

/* Seconds with nine digits behind the point; before 1970 both count down. */
static void
time_record(struct gv_buf *out, int64_t s, uint32_t ns)
{
	bool minus = s < 0 && ns;
	char text[48];

	snprintf(text, sizeof(text), "%s%" PRId64 ".%09" PRIu32,
	    minus && s == -1 ? "-" : "", minus ? s + 1 : s,
	    minus ? 1000000000 - ns : ns);
	text_record(out, "mtime", text);
}

static bool
is_plain_time(const struct gv_tar_entry *e)
{
	return e->mtime_ns == 0 && e->mtime_s >= 0 &&
	    (uint64_t)e->mtime_s <= MAX_SIZE;
}

static void
put_octal(unsigned char *block, int at, int digits, uint64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%0*" PRIo64, digits, n);
	memcpy(block + at, text, (size_t)digits);
}

static void
put_text(unsigned char *block, int at, size_t room, const char *p, size_t len)
{
	memcpy(block + at, p, len < room ? len : room);
}

static void
add_block(struct gv_buf *out, unsigned char block[GV_TAR_BLOCK])
{
	unsigned sum = 0;
	int i;

	memset(block + SUM, ' ', 8);
	for (i = 0; i < GV_TAR_BLOCK; i++)
		sum += block[i];
	put_octal(block, SUM, 6, sum);
	block[SUM + 6] = '\0';
	gv_buf_add(out, block, GV_TAR_BLOCK);
}

static void
begin_block(unsigned char block[GV_TAR_BLOCK], const struct gv_buf *name,
    char type, uint32_t mode)
{
	memset(block, 0, GV_TAR_BLOCK);
	put_text(block, NAME, NAME_LEN, name->p, name->len);
	put_octal(block, MODE, 7, mode & 07777);
	block[TYPE] = (unsigned char)type;
	memcpy(block + MAGIC, "ustar\00000", 8);
	put_octal(block, DEVICES, 7, 0);
	put_octal(block, DEVICES + 8, 7, 0);
}

/* What the plain header cannot say. */
static void
add_records(
    struct gv_buf *out, const struct gv_tar_entry *e, const struct gv_buf *name)
{
	if (e->is_sparse) {
		text_record(out, "GNU.sparse.major", "1");
		text_record(out, "GNU.sparse.minor", "0");
		gv_tar_record(out, "GNU.sparse.name", name->p, name->len);
		number_record(out, "GNU.sparse.realsize", e->real_size);
	} else if (name->len > NAME_LEN) {
		gv_tar_record(out, "path", name->p, name->len);
	}
	if (e->target && strlen(e->target) > NAME_LEN)
		text_record(out, "linkpath", e->target);
	if (e->size > MAX_SIZE)
		number_record(out, "size", e->size);
	if (e->uid > MAX_ID)
		number_record(out, "uid", e->uid);
	if (e->gid > MAX_ID)
		number_record(out, "gid", e->gid);
	if (strlen(e->user) >= OWNER_LEN)
		text_record(out, "uname", e->user);
	if (strlen(e->group) >= OWNER_LEN)
		text_record(out, "gname", e->group);
	if (!is_plain_time(e))
		time_record(out, e->mtime_s, e->mtime_ns);
	if (e->extras)
		gv_buf_add(out, e->extras->p, e->extras->len);
}

static uint64_t
plain_time(const struct gv_tar_entry *e)
{
	if (e->mtime_s < 0)
		return 0;
	return (uint64_t)e->mtime_s > MAX_SIZE ? MAX_SIZE
					       : (uint64_t)e->mtime_s;
}

/* The member that holds the records. Who reads no pax finds a file of this
 * name. */
static void
add_extended(struct gv_buf *out, const struct gv_tar_entry *e,
    const struct gv_buf *records, const struct gv_buf *name)
{
	unsigned char block[GV_TAR_BLOCK];
	struct gv_buf own = GV_BUF_INIT;

	gv_buf_addstr(&own, "PaxHeaders/");
	gv_buf_add(&own, name->p, name->len);
	begin_block(block, &own, 'x', 0644);
	put_octal(block, UID, 7, 0);
	put_octal(block, GID, 7, 0);
	put_octal(block, SIZE, 11, records->len);
	put_octal(block, MTIME, 11, plain_time(e));
	add_block(out, block);
	gv_buf_add(out, records->p, records->len);
	gv_tar_pad(out, records->len);
	gv_buf_release(&own);
}

static void
add_member(
    struct gv_buf *out, const struct gv_tar_entry *e, const struct gv_buf *name)
{
	unsigned char block[GV_TAR_BLOCK];
	struct gv_buf stand_in = GV_BUF_INIT;

	if (e->is_sparse) {
		gv_buf_addstr(&stand_in, "GNUSparseFile.0/");
		gv_buf_add(&stand_in, name->p, name->len);
	}
	begin_block(
	    block, e->is_sparse ? &stand_in : name, (char)e->type, e->mode);
	put_octal(block, UID, 7, e->uid > MAX_ID ? 0 : e->uid);
	put_octal(block, GID, 7, e->gid > MAX_ID ? 0 : e->gid);
	put_octal(block, SIZE, 11, e->size > MAX_SIZE ? 0 : e->size);
	put_octal(block, MTIME, 11, plain_time(e));
	if (e->target)
		put_text(block, LINK, NAME_LEN, e->target, strlen(e->target));
	put_text(block, USER, OWNER_LEN - 1, e->user, strlen(e->user));
	put_text(block, GROUP, OWNER_LEN - 1, e->group, strlen(e->group));
	add_block(out, block);
	gv_buf_release(&stand_in);
}

int
gv_tar_header(struct gv_buf *out, const struct gv_tar_entry *e)
{
	struct gv_buf name = GV_BUF_INIT, records = GV_BUF_INIT;
	int r;

	gv_buf_add(&name, e->path, e->path_len);
	if (e->type == GV_TAR_DIR)
		gv_buf_addch(&name, '/');
	add_records(&records, e, &name);
	if ((r = gv_buf_check(&name)) == 0 &&
	    (r = gv_buf_check(&records)) == 0 && records.len)
		add_extended(out, e, &records, &name);
	if (r == 0)
		add_member(out, e, &name);
	gv_buf_release(&name);
	gv_buf_release(&records);
	return r < 0 ? r : gv_buf_check(out);
}

void
gv_tar_begin_map(struct gv_buf *out, size_t runs)
{
	gv_buf_addf(out, "%zu\n", runs);
}

void
gv_tar_add_run(struct gv_buf *out, uint64_t offset, uint64_t len)
{
	gv_buf_addf(out, "%" PRIu64 "\n%" PRIu64 "\n", offset, len);
}

void
gv_tar_pad(struct gv_buf *out, uint64_t size)
{
	static const char zeros[GV_TAR_BLOCK];

	gv_buf_add(out, zeros,
	    (size_t)(GV_TAR_BLOCK - size % GV_TAR_BLOCK) % GV_TAR_BLOCK);
}

void
gv_tar_end(struct gv_buf *out, uint64_t written)
{
	static const char zeros[GV_TAR_BLOCK];
	unsigned n = 0;

	for (; n < 2 || (written + n * sizeof(zeros)) % RECORD; n++)
		gv_buf_add(out, zeros, sizeof(zeros));
}
