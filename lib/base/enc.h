#ifndef GV_ENC_H
#define GV_ENC_H
/*
 * Hexadecimal and base64 (RFC 4648, padded), numbers in network order, and text
 * in XML.
 * Not for secrets.
 *
 *	gv_enc_hex(text, id, 20);
 *	gv_enc_base64(&b, value, len);
 */

#include <stddef.h>
#include <stdint.h>

struct gv_buf;

/* What a hexadecimal digit of either case stands for, plus one; 0 for what is
 * none. A table, since every command reads the ids of all refs. */
extern const unsigned char gv_enc_digits[256];

/* Write 2 * len lower-case digits and a NUL to `out`. */
void gv_enc_hex(char *out, const unsigned char *data, size_t len);

/* Read exactly 2 * len digits of either case. 0, or GV_ERROR without a
 * message where one is no digit; `out` is then undefined. */
int gv_enc_unhex(unsigned char *out, const char *text, size_t len);

/* The number that `n` bytes (at most eight) are, in network order. */
static inline uint64_t
gv_enc_number(const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	uint64_t v = 0;

	/* so compilers see the instruction that it is */
	for (; n >= 4; n -= 4, p += 4)
		v = v << 32 | (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
		    (uint32_t)p[2] << 8 | p[3];
	while (n-- > 0)
		v = v << 8 | *p++;
	return v;
}

/* The same with the lowest byte first. */
static inline uint64_t
gv_enc_number_le(const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | p[n];
	return v;
}

/* Append the lowest `n` bytes (at most eight) of a number, so that the function
 * above reads it. */
void gv_enc_add_number(struct gv_buf *out, uint64_t number, size_t n);

#define GV_ENC_DECIMAL_MAX 21 /* of any number, with the NUL */

/* Write a number and a NUL; how many digits it has. For tables of thousands of
 * lines, where printf would be most of the work. */
size_t gv_enc_decimal(char out[GV_ENC_DECIMAL_MAX], uint64_t number);

#define GV_ENC_SIZE_MAX 32

/* Write a size for people, with three digits: "17 bytes", "1.23 MiB". */
void gv_enc_size(char out[GV_ENC_SIZE_MAX], uint64_t bytes);

/* Write the four characters of base64 that stand for one to three bytes. */
void gv_enc_base64_group(char out[4], const void *data, size_t len);

/* Append `len` bytes as base64. */
void gv_enc_base64(struct gv_buf *out, const void *data, size_t len);

/* Put the bytes that `len` characters of base64 stand for to `out`, which has
 * room for len / 4 * 3: how many, or -1 without a message for a damaged text.
 */
int64_t gv_enc_unbase64_to(unsigned char *out, const char *text, size_t len);

/* Append the bytes that `len` characters of base64 stand for. 0, or
 * GV_ECORRUPT with the message set and `out` as it was. */
int gv_enc_unbase64(struct gv_buf *out, const char *text, size_t len);

/* Append text as it stands between the tags of XML and HTML: with &amp;, &lt;
 * and &gt; for these three signs. Not for attributes. */
void gv_enc_xml(struct gv_buf *out, const char *text);

/* Append a text with each %XX replaced by its byte. 0; GV_EREFUSED; GV_ENOMEM.
 */
int gv_enc_unpercent(struct gv_buf *out, const char *text, size_t len);

#endif
