#include "scan/check.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "scan/scanner.h"

#define DECODED_MAX 1024
#define BASE64      "base64-"

static const char base62[] =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
static const char base36[] = "0123456789abcdefghijklmnopqrstuvwxyz";
static const char base16[] = "0123456789abcdef";

/* As in zlib and PNG; tokens are short. */
static uint32_t
crc32_of(const char *p, size_t len)
{
	/* of a byte the upper four bits and the lower, which do not wait for
	 * each other */
	static const uint32_t upper[16] = { 0, 0x1db71064, 0x3b6e20c8,
		0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
		0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0,
		0x86d3d2d4, 0xa00ae278, 0xbdbdf21c };
	static const uint32_t lower[16] = { 0, 0x77073096, 0xee0e612c,
		0x990951ba, 0x076dc419, 0x706af48f, 0xe963a535, 0x9e6495a3,
		0x0edb8832, 0x79dcb8a4, 0xe0d5e91e, 0x97d2d988, 0x09b64c2b,
		0x7eb17cbd, 0xe7b82d07, 0x90bf1d91 };
	uint32_t crc = UINT32_MAX;
	size_t i;

	for (i = 0; i < len; i++) {
		crc ^= (unsigned char)p[i];
		crc = crc >> 8 ^ upper[crc >> 4 & 15] ^ lower[crc & 15];
	}
	return ~crc;
}

/* --- checksums at the end --- */

struct sum {
	const char *name;
	const char *digits;
	size_t n;    /* characters */
	size_t over; /* how many of the bytes before it, from the end; 0: all */
};

static const struct sum sums[] = {
	{ "crc32-base62", base62, 6, 30 },
	{ "crc32-base62-all", base62, 6, 0 },
	{ "crc32-base36", base36, 7, 0 },
	{ "crc32-hex", base16, 8, 0 },
};

static const struct sum *
find_sum(const char *validator)
{
	size_t i;

	for (i = 0; i < sizeof(sums) / sizeof(sums[0]); i++)
		if (strcmp(sums[i].name, validator) == 0)
			return &sums[i];
	return NULL;
}

bool
gv_check_is_sum(const char *validator)
{
	return find_sum(validator) || strcmp(validator, "bech32") == 0;
}

size_t
gv_check_sum(char out[16], const char *validator, const char *p, size_t len)
{
	const struct sum *sum = find_sum(validator);
	uint32_t base, crc;
	size_t i;

	if (sum == NULL)
		return 0;
	base = (uint32_t)strlen(sum->digits);
	/* a separator in front of it is not part of it */
	if (sum->over == 0 && len && p[len - 1] == '_')
		len--;
	if (sum->over && len > sum->over) {
		p += len - sum->over;
		len = sum->over;
	}
	crc = crc32_of(p, len);
	for (i = sum->n; i-- > 0; crc /= base)
		out[i] = sum->digits[crc % base];
	out[sum->n] = '\0';
	return sum->n;
}

static enum gv_check
check_sum(const struct sum *sum, const char *p, size_t len)
{
	char wanted[16];

	if (len <= sum->n + sum->over)
		return GV_CHECK_NONE;
	gv_check_sum(wanted, sum->name, p, len - sum->n);
	return memcmp(wanted, p + len - sum->n, sum->n) == 0 ? GV_CHECK_RIGHT
							     : GV_CHECK_WRONG;
}

/* --- what is encoded --- */

static enum gv_check
right(bool yes)
{
	return yes ? GV_CHECK_RIGHT : GV_CHECK_WRONG;
}

static bool
is_userinfo(const unsigned char *bytes, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (bytes[i] < ' ' || bytes[i] > '~')
			return false;
	return n > 2 && memchr(bytes + 1, ':', n - 2) != NULL &&
	    bytes[n - 1] != ':';
}

/* base64-N: N bytes. */
static enum gv_check
check_base64(const char *kind, const char *p, size_t len)
{
	unsigned char bytes[DECODED_MAX];
	long n = gv_base64_decode(bytes, sizeof(bytes), p, len);
	size_t have = n > DECODED_MAX ? DECODED_MAX : n > 0 ? (size_t)n : 0;
	bool yes;

	if (strcmp(kind, "json") == 0)
		yes = have > 1 && bytes[0] == '{' && bytes[1] == '"';
	else if (strcmp(kind, "userinfo") == 0)
		yes = is_userinfo(bytes, have);
	else
		yes = n == strtol(kind, NULL, 10);
	explicit_bzero(bytes, sizeof(bytes));
	return right(yes);
}

/* The account, 40 bits in the middle, has twelve digits at most. */
static enum gv_check
check_aws_key_id(const char *p, size_t len)
{
	uint64_t v = 0;
	size_t i;

	if (len < 13)
		return GV_CHECK_NONE;
	for (i = 4; i < 13; i++) {
		if (p[i] >= 'A' && p[i] <= 'Z')
			v = v << 5 | (uint64_t)(p[i] - 'A');
		else if (p[i] >= '2' && p[i] <= '7')
			v = v << 5 | (uint64_t)(p[i] - '2' + 26);
		else
			return GV_CHECK_WRONG;
	}
	/* of 45 bits the first is 1 in keys that hold the account */
	return (v >> 44 & 1) == 0
	    ? GV_CHECK_NONE
	    : right((v >> 4 & 0xffffffffffu) < 1000000000000u);
}

/* BIP 173: the checksum of age's keys. */
static enum gv_check
check_bech32(const char *p, size_t len)
{
	static const char chars[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
	static const uint32_t gen[5] = { 0x3b6a57b2, 0x26508e6d, 0x1ea119fa,
		0x3d4233dd, 0x2a1462b3 };
	uint32_t sum = 1;
	size_t sep = len, i;
	int pass, bit;

	while (sep > 0 && p[sep - 1] != '1')
		sep--;
	if (sep < 2 || len - sep < 6)
		return GV_CHECK_NONE;
	sep--;
	/* high bits of the name, a zero, its low bits, then the data */
	for (pass = 0; pass < 3; pass++) {
		size_t n = pass == 0 ? sep + 1
		    : pass == 1      ? sep
				     : len - sep - 1;

		for (i = 0; i < n; i++) {
			char ch = p[pass == 2 ? sep + 1 + i : i];
			unsigned char low =
			    (unsigned char)(ch >= 'A' && ch <= 'Z' ? ch | 32
								   : ch);
			const char *at = low ? strchr(chars, low) : NULL;
			uint32_t top = sum >> 25, v;

			if (pass == 2 && at == NULL)
				return GV_CHECK_WRONG;
			v = pass == 0   ? (i < sep ? low >> 5 : 0)
			    : pass == 1 ? low & 31u
					: (uint32_t)(at - chars);
			sum = (sum & 0x1ffffff) << 5 ^ v;
			for (bit = 0; bit < 5; bit++)
				sum ^= top >> bit & 1 ? gen[bit] : 0;
		}
	}
	return right(sum == 1);
}

/* PyPI's: base 64 of a macaroon, which begins with its version and names its
 * site. */
static enum gv_check
check_macaroon(const char *p, size_t len)
{
	static const char prefix[] = "pypi-";
	unsigned char bytes[DECODED_MAX];
	long n;

	if (len > sizeof(prefix) &&
	    memcmp(p, prefix, sizeof(prefix) - 1) == 0) {
		p += sizeof(prefix) - 1;
		len -= sizeof(prefix) - 1;
	}
	/* a remainder that cannot be decoded is left out */
	n = gv_base64_decode(bytes, sizeof(bytes), p, len - len % 4);
	return right(n > 12 && bytes[0] == 2 && bytes[1] == 1 &&
	    bytes[2] >= 8 && bytes[2] < 32);
}

/* A decimal number of 17 to 20 digits, in base 64, up to the first dot. */
static enum gv_check
check_snowflake(const char *p, size_t len)
{
	unsigned char bytes[DECODED_MAX];
	const char *dot = memchr(p, '.', len);
	long n = gv_base64_decode(
		 bytes, sizeof(bytes), p, dot ? (size_t)(dot - p) : len),
	     i;

	if (n < 17 || n > 20)
		return GV_CHECK_WRONG;
	for (i = 0; i < n; i++)
		if (bytes[i] < '0' || bytes[i] > '9')
			return GV_CHECK_WRONG;
	return GV_CHECK_RIGHT;
}

static enum gv_check
check_jwt(const char *p, size_t len)
{
	struct gv_scanner_hit h = { 0 };

	return right(gv_scanner_find("jwt")(&h, p, len, 0) && h.is_proved);
}

static const struct {
	const char *name;
	enum gv_check (*check)(const char *p, size_t len);
} structures[] = {
	{ "aws-key-id", check_aws_key_id },
	{ "bech32", check_bech32 },
	{ "jwt", check_jwt },
	{ "macaroon", check_macaroon },
	{ "snowflake", check_snowflake },
};

#define STRUCTURES (sizeof(structures) / sizeof(structures[0]))

static size_t
find_structure(const char *validator)
{
	size_t i = 0;

	while (i < STRUCTURES && strcmp(structures[i].name, validator) != 0)
		i++;
	return i;
}

bool
gv_check_is_known(const char *validator)
{
	const char *kind = validator + sizeof(BASE64) - 1;
	char *end;

	if (find_sum(validator) || find_structure(validator) < STRUCTURES)
		return true;
	if (strncmp(validator, BASE64, sizeof(BASE64) - 1) != 0)
		return false;
	return strcmp(kind, "json") == 0 || strcmp(kind, "userinfo") == 0 ||
	    (*kind >= '1' && *kind <= '9' && strtol(kind, &end, 10) &&
		*end == '\0');
}

enum gv_check
gv_check(const char *validator, const char *p, size_t len)
{
	const struct sum *sum = find_sum(validator);
	size_t i = find_structure(validator);

	if (sum)
		return check_sum(sum, p, len);
	if (i < STRUCTURES)
		return structures[i].check(p, len);
	return strncmp(validator, BASE64, sizeof(BASE64) - 1) == 0
	    ? check_base64(validator + sizeof(BASE64) - 1, p, len)
	    : GV_CHECK_NONE;
}
