#include "symbol/symbol_der.h"

#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"

/*
 *	Certificate    SEQUENCE { TBSCertificate, …
 *	TBSCertificate SEQUENCE { [0] version, serial INTEGER, algorithm
 *	               SEQUENCE, issuer SEQUENCE, validity SEQUENCE { notBefore,
 *	               notAfter }, subject SEQUENCE { SET { SEQUENCE { OID,
 *	               text } } … }, …
 */

#define TAG_SEQUENCE    0x30
#define TAG_SET         0x31
#define TAG_VERSION     0xa0
#define TAG_INTEGER     0x02
#define TAG_OID         0x06
#define TAG_UTC_TIME    0x17 /* YYMMDDhhmmssZ */
#define TAG_GENERALIZED 0x18 /* YYYYMMDDhhmmssZ */

struct der {
	const unsigned char *p;
	size_t len;
};

/* Take the next element, with its tag, off the front. Whether there is one. */
static bool
take(struct der *in, unsigned *tag, struct der *out)
{
	size_t n, len, i;

	if (in->len < 2)
		return false;
	*tag = in->p[0];
	len = in->p[1];
	n = 2;
	if (len & 0x80) {
		const size_t bytes = len & 0x7f;

		if (bytes == 0 || bytes > 4 || in->len < 2 + bytes)
			return false;
		for (i = 0, len = 0; i < bytes; i++)
			len = len << 8 | in->p[2 + i];
		n += bytes;
	}
	if (len > in->len - n)
		return false;
	*out = (struct der){ in->p + n, len };
	in->p += n + len;
	in->len -= n + len;
	return true;
}

static bool
take_tag(struct der *in, unsigned tag, struct der *out)
{
	unsigned found;

	return take(in, &found, out) && found == tag;
}

/* ---- times --------------------------------------------------------------- */

static int64_t
digits(const unsigned char *p, size_t n)
{
	int64_t number = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return -1;
		number = number * 10 + (p[i] - '0');
	}
	return number;
}

/* Days from 1970 to a day of the calendar: years are counted from March. */
static int64_t
days_to(int64_t year, int64_t month, int64_t day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t m = month > 2 ? month - 3 : month + 9;

	return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day -
	    1 - 719468;
}

static bool
read_time(int64_t *out, unsigned tag, const struct der *time)
{
	const size_t n = tag == TAG_UTC_TIME ? 2 : 4;
	const unsigned char *p = time->p + n;
	int64_t year, month, day, h, m, s;

	if ((tag != TAG_UTC_TIME && tag != TAG_GENERALIZED) ||
	    time->len != n + 11 || p[10] != 'Z')
		return false;
	year = digits(time->p, n);
	/* of two digits: 1950 to 2049 */
	if (n == 2 && year >= 0)
		year += year < 50 ? 2000 : 1900;
	month = digits(p, 2);
	day = digits(p + 2, 2);
	h = digits(p + 4, 2);
	m = digits(p + 6, 2);
	s = digits(p + 8, 2);
	if (year < 1 || month < 1 || month > 12 || day < 1 || day > 31 ||
	    h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 60)
		return false;
	*out = days_to(year, month, day) * 86400 + h * 3600 + m * 60 + s;
	return true;
}

/* ---- names --------------------------------------------------------------- */

/* The common name, 2.5.4.3, among the parts of a subject. */
static void
find_name(struct gv_symbol_certificate *out, struct der subject)
{
	static const unsigned char common[] = { 0x55, 0x04, 0x03 };
	struct der set, pair, id, text;
	unsigned tag;

	while (take_tag(&subject, TAG_SET, &set))
		if (take_tag(&set, TAG_SEQUENCE, &pair) &&
		    take_tag(&pair, TAG_OID, &id) && take(&pair, &tag, &text) &&
		    id.len == sizeof(common) &&
		    memcmp(id.p, common, sizeof(common)) == 0) {
			out->name = text.p;
			out->name_len = text.len;
		}
}

bool
gv_symbol_der_certificate(
    struct gv_symbol_certificate *out, const unsigned char *p, size_t len)
{
	struct der in = { p, len }, certificate, body, skipped, validity;
	struct der subject, time;
	unsigned tag;

	memset(out, 0, sizeof(*out));
	if (!take_tag(&in, TAG_SEQUENCE, &certificate) ||
	    !take_tag(&certificate, TAG_SEQUENCE, &body))
		return false;
	if (body.len && *body.p == TAG_VERSION && !take(&body, &tag, &skipped))
		return false;
	if (!take_tag(&body, TAG_INTEGER, &skipped) ||
	    !take_tag(&body, TAG_SEQUENCE, &skipped) ||
	    !take_tag(&body, TAG_SEQUENCE, &skipped) ||
	    !take_tag(&body, TAG_SEQUENCE, &validity) ||
	    !take_tag(&body, TAG_SEQUENCE, &subject))
		return false;
	if (!take(&validity, &tag, &skipped) || !take(&validity, &tag, &time) ||
	    !read_time(&out->not_after, tag, &time))
		return false;
	find_name(out, subject);
	return true;
}

int
gv_symbol_der_next(struct gv_buf *der, const char **at, const char *end)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----";
	struct gv_buf base64 = GV_BUF_INIT;
	const char *p = memmem(*at, (size_t)(end - *at), begin, strlen(begin));
	int r = 0;

	gv_buf_reset(der);
	if (p == NULL)
		return 0;
	for (p += strlen(begin); p < end && *p != '-'; p++)
		if (*p != '\n' && *p != '\r' && *p != ' ')
			gv_buf_addch(&base64, *p);
	*at = p;
	if ((r = gv_buf_check(&base64)) == 0 &&
	    gv_enc_unbase64(der, base64.len ? base64.p : "", base64.len) < 0)
		gv_buf_reset(der);
	gv_buf_release(&base64);
	return r < 0 ? r : 1;
}
