#include "crypto/bech32.h"

#include <stdint.h>
#include <string.h>

#include "base/err.h"

/*
 *	a g e 1 q q q q ... c c c c c c
 *	prefix  5 bits each, checksum of 30 bits over the prefix, in small
 *	        high first   letters whatever it is written in
 */

#define CHECKSUM 6

static const char digits[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

static uint32_t
polymod(uint32_t c, unsigned value)
{
	static const uint32_t generator[] = { 0x3b6a57b2, 0x26508e6d,
		0x1ea119fa, 0x3d4233dd, 0x2a1462b3 };
	uint32_t top = c >> 25;
	unsigned i;

	c = (c & 0x1ffffff) << 5 ^ value;
	for (i = 0; i < 5; i++)
		c ^= generator[i] & (0 - (top >> i & 1));
	return c;
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static uint32_t
polymod_prefix(const char *prefix, size_t len)
{
	uint32_t c = 1;
	size_t i;

	for (i = 0; i < len; i++)
		c = polymod(c, (unsigned char)lower(prefix[i]) >> 5);
	c = polymod(c, 0);
	for (i = 0; i < len; i++)
		c = polymod(c, (unsigned char)lower(prefix[i]) & 31);
	return c;
}

/* What a character stands for, or -1; of the text's secrets no table is asked
 * at a place that they tell. */
static int
value_of(char c)
{
	int value = -1, i;

	c = lower(c);
	for (i = 0; i < 32; i++)
		value = digits[i] == c ? i : value;
	return value;
}

/* Letters of one case, and nothing that cannot be seen. */
static int
check_letters(bool *upper, const char *text, size_t len)
{
	bool capital = false, small = false;
	size_t i;

	for (i = 0; i < len; i++) {
		if (text[i] < 33 || text[i] > 126)
			return gv_err(GV_ECORRUPT,
			    "character %zu cannot be part of a key", i + 1);
		capital |= text[i] >= 'A' && text[i] <= 'Z';
		small |= text[i] >= 'a' && text[i] <= 'z';
	}
	if (capital && small)
		return gv_err(GV_ECORRUPT,
		    "capitals and small letters are "
		    "mixed, so it is damaged");
	*upper = capital;
	return 0;
}

/* The bits that are left over from the last byte must be zero and fewer than
 * five, so that nothing can be written in two ways. */
static int
check_data(const struct gv_bech32 *b)
{
	uint32_t c = polymod_prefix(b->prefix, b->prefix_len);
	size_t i, rest = b->data_len * 5 % 8;
	int value = 0;

	for (i = 0; i < b->data_len + CHECKSUM; i++) {
		value = value_of(b->data[i]);
		if (value < 0)
			return gv_err(GV_ECORRUPT,
			    "character %zu is not allowed in a key",
			    b->prefix_len + i + 2);
		c = polymod(c, (unsigned)value);
	}
	if (c != 1)
		return gv_err(GV_ECORRUPT,
		    "its checksum is wrong, so it is "
		    "mistyped or cut");
	value = b->data_len ? value_of(b->data[b->data_len - 1]) : 0;
	if (rest >= 5 || (value & ((1 << rest) - 1)))
		return gv_err(GV_ECORRUPT, "it ends within a byte");
	return 0;
}

int
gv_bech32_read(struct gv_bech32 *out, const char *text, size_t len)
{
	struct gv_bech32 b = { .prefix = text, .prefix_len = len };
	int r = check_letters(&b.upper, text, len);

	if (r < 0)
		return r;
	while (b.prefix_len > 0 && text[b.prefix_len - 1] != '1')
		b.prefix_len--;
	/* what stands before the last 1 */
	if (b.prefix_len < 2 || len - b.prefix_len < CHECKSUM)
		return gv_err(GV_ECORRUPT, "it is no key, or one that was cut");
	b.data = text + b.prefix_len;
	b.data_len = len - b.prefix_len - CHECKSUM;
	b.prefix_len--;
	b.len = b.data_len * 5 / 8;
	if ((r = check_data(&b)) == 0)
		*out = b;
	return r;
}

void
gv_bech32_bytes(unsigned char *out, const struct gv_bech32 *b)
{
	uint32_t bits = 0;
	unsigned n = 0;
	size_t i;

	for (i = 0; i < b->data_len; i++) {
		bits = (bits << 5 | (uint32_t)value_of(b->data[i])) & 0xfff;
		n += 5;
		if (n >= 8) {
			n -= 8;
			*out++ = (unsigned char)(bits >> n);
		}
	}
}

bool
gv_bech32_has_prefix(const struct gv_bech32 *b, const char *prefix)
{
	size_t i;

	for (i = 0; i < b->prefix_len; i++)
		if (lower(b->prefix[i]) != prefix[i])
			return false;
	return prefix[i] == '\0';
}

size_t
gv_bech32_size(const char *prefix, size_t len)
{
	return strlen(prefix) + 1 + (len * 8 + 4) / 5 + CHECKSUM;
}

/* A digit, chosen without asking a table at a place that a secret tells. */
static char
digit_of(unsigned value, bool upper)
{
	char c = 0;
	unsigned i;

	for (i = 0; i < 32; i++)
		c = i == value ? digits[i] : c;
	return upper && c >= 'a' ? (char)(c - 'a' + 'A') : c;
}

/* The five bits at place `i`, with zeros behind the last byte. */
static unsigned
five_bits(const unsigned char *p, size_t len, size_t i)
{
	size_t byte = i * 5 / 8;
	unsigned two = (unsigned)p[byte] << 8;

	if (byte + 1 < len)
		two |= p[byte + 1];
	return two >> (11 - i * 5 % 8) & 31;
}

void
gv_bech32_write(char *out, const char *prefix, const void *data, size_t len)
{
	size_t n = strlen(prefix), i;
	bool upper = n > 0 && prefix[0] >= 'A' && prefix[0] <= 'Z';
	uint32_t c = polymod_prefix(prefix, n);
	unsigned value;

	memcpy(out, prefix, n);
	out += n;
	*out++ = '1';
	for (i = 0; i < (len * 8 + 4) / 5; i++) {
		value = five_bits(data, len, i);
		c = polymod(c, value);
		*out++ = digit_of(value, upper);
	}
	for (i = 0; i < CHECKSUM; i++)
		c = polymod(c, 0);
	c ^= 1;
	for (i = 0; i < CHECKSUM; i++)
		*out++ = digit_of(c >> 5 * (5 - i) & 31, upper);
}
