#include "base/enc.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"

const unsigned char gv_enc_digits[256] = {
	['0'] = 1,
	['1'] = 2,
	['2'] = 3,
	['3'] = 4,
	['4'] = 5,
	['5'] = 6,
	['6'] = 7,
	['7'] = 8,
	['8'] = 9,
	['9'] = 10,
	['a'] = 11,
	['b'] = 12,
	['c'] = 13,
	['d'] = 14,
	['e'] = 15,
	['f'] = 16,
	['A'] = 11,
	['B'] = 12,
	['C'] = 13,
	['D'] = 14,
	['E'] = 15,
	['F'] = 16,
};

void
gv_enc_hex(char *out, const unsigned char *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < len; i++) {
		out[2 * i] = digits[data[i] >> 4];
		out[2 * i + 1] = digits[data[i] & 15];
	}
	out[2 * len] = '\0';
}

void
gv_enc_add_number(struct gv_buf *out, uint64_t number, size_t n)
{
	char bytes[8];
	size_t i;

	for (i = 0; i < n; i++)
		bytes[i] = (char)(number >> (8 * (n - 1 - i)));
	gv_buf_add(out, bytes, n);
}

size_t
gv_enc_decimal(char out[GV_ENC_DECIMAL_MAX], uint64_t number)
{
	char digits[GV_ENC_DECIMAL_MAX];
	size_t n = sizeof(digits);

	digits[--n] = '\0';
	do {
		digits[--n] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	memcpy(out, digits + n, sizeof(digits) - n);
	return sizeof(digits) - n - 1;
}

int
gv_enc_unhex(unsigned char *out, const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text,
			    *end = p + 2 * len;
	unsigned hi, lo;

	/* a text that ends early is not read beyond its NUL */
	for (; p < end; p += 2) {
		hi = gv_enc_digits[p[0]];
		if (hi == 0)
			return GV_ERROR;
		lo = gv_enc_digits[p[1]];
		if (lo == 0)
			return GV_ERROR;
		*out++ = (unsigned char)(16 * hi + lo - 17);
	}
	return 0;
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			       "abcdefghijklmnopqrstuvwxyz0123456789+/";

void
gv_enc_base64_group(char out[4], const void *data, size_t len)
{
	const unsigned char *p = data;
	unsigned v = (unsigned)p[0] << 16;

	v |= len > 1 ? (unsigned)p[1] << 8 : 0;
	v |= len > 2 ? (unsigned)p[2] : 0;
	out[0] = alphabet[v >> 18];
	out[1] = alphabet[v >> 12 & 63];
	out[2] = len > 1 ? alphabet[v >> 6 & 63] : '=';
	out[3] = len > 2 ? alphabet[v & 63] : '=';
}

void
gv_enc_base64(struct gv_buf *out, const void *data, size_t len)
{
	const unsigned char *p = data;
	char q[4];
	size_t i;

	for (i = 0; i < len; i += 3) {
		gv_enc_base64_group(q, p + i, len - i < 3 ? len - i : 3);
		gv_buf_add(out, q, 4);
	}
}

/* Four characters: the bytes that they stand for, 0: none. */
static size_t
unbase64_four(unsigned char *out, const char *text, bool is_last)
{
	unsigned v = 0;
	size_t j, pad = 0;

	for (j = 0; j < 4; j++) {
		const char *at = text[j] ? strchr(alphabet, text[j]) : NULL;

		if (text[j] == '=' && is_last && j >= 2)
			pad++;
		else if (at == NULL || pad)
			return 0;
		v = v << 6 | (unsigned)(at ? at - alphabet : 0);
	}
	/* bits that padding leaves over must be zero, so that no value can be
	 * written in two ways */
	if ((pad == 1 && v & 0xff) || (pad == 2 && v & 0xffff))
		return 0;
	out[0] = (unsigned char)(v >> 16);
	out[1] = (unsigned char)(v >> 8);
	out[2] = (unsigned char)v;
	return 3 - pad;
}

int64_t
gv_enc_unbase64_to(unsigned char *out, const char *text, size_t len)
{
	unsigned char three[3];
	size_t i, n = 0;

	if (len % 4)
		return -1;
	for (i = 0; i < len; i += 4) {
		size_t some = unbase64_four(three, text + i, i + 4 == len);

		if (some == 0)
			return -1;
		memcpy(out + n, three, some);
		n += some;
	}
	return (int64_t)n;
}

int
gv_enc_unbase64(struct gv_buf *out, const char *text, size_t len)
{
	int64_t n;
	int r = gv_buf_grow(out, len / 4 * 3);

	if (r < 0)
		return r;
	n = gv_enc_unbase64_to((unsigned char *)out->p + out->len, text, len);
	if (n > 0)
		out->len += (size_t)n;
	if (len >= 4) /* there is room, whose bytes it has overwritten */
		out->p[out->len] = '\0';
	if (n < 0)
		return gv_err(GV_ECORRUPT,
		    "base64 text of %zu characters is damaged", len);
	return gv_buf_check(out);
}

void
gv_enc_size(char out[GV_ENC_SIZE_MAX], uint64_t bytes)
{
	static const char units[] = "KMGTPE";
	double v = (double)bytes / 1024;
	unsigned scale;
	uint64_t n;
	size_t i = 0;

	if (bytes < 1024) {
		out += gv_enc_decimal(out, bytes);
		stpcpy(out, bytes == 1 ? " byte" : " bytes");
		return;
	}
	for (; v >= 1023.5 && units[i + 1]; i++)
		v /= 1024;
	scale = v < 9.995 ? 100 : v < 99.95 ? 10 : 1; /* three digits */
	n = (uint64_t)(v * scale + 0.5);
	out += gv_enc_decimal(out, n / scale);
	if (scale > 1)
		*out++ = '.';
	for (scale /= 10; scale; scale /= 10)
		*out++ = (char)('0' + n / scale % 10);
	memcpy(out, " ?iB", sizeof(" ?iB"));
	out[1] = units[i];
}

void
gv_enc_xml(struct gv_buf *out, const char *text)
{
	for (; *text; text++)
		if (*text == '&')
			gv_buf_addstr(out, "&amp;");
		else if (*text == '<')
			gv_buf_addstr(out, "&lt;");
		else if (*text == '>')
			gv_buf_addstr(out, "&gt;");
		else
			gv_buf_addch(out, *text);
}

int
gv_enc_unpercent(struct gv_buf *out, const char *text, size_t len)
{
	unsigned char byte;
	size_t i;

	for (i = 0; i < len; i++) {
		if (text[i] != '%') {
			gv_buf_addch(out, text[i]);
			continue;
		}
		if (len - i < 3 || gv_enc_unhex(&byte, text + i + 1, 1) < 0 ||
		    byte == 0)
			return gv_err(
			    GV_EREFUSED, "a '%%' without two digits behind it");
		gv_buf_addch(out, (char)byte);
		i += 2;
	}
	return gv_buf_check(out);
}
