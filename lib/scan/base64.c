#include "scan/base64.h"

int
gv_base64_value(char ch)
{
	if (ch >= 'A' && ch <= 'Z')
		return ch - 'A';
	if (ch >= 'a' && ch <= 'z')
		return ch - 'a' + 26;
	if (ch >= '0' && ch <= '9')
		return ch - '0' + 52;
	if (ch == '+' || ch == '-')
		return 62;
	return ch == '/' || ch == '_' ? 63 : -1;
}

long
gv_base64_decode(void *out, size_t max, const char *p, size_t len)
{
	unsigned bits = 0, have = 0;
	unsigned char *to = out;
	size_t i, n = 0;

	while (len && p[len - 1] == '=')
		len--;
	if (len % 4 == 1)
		return -1;
	for (i = 0; i < len; i++) {
		int v = gv_base64_value(p[i]);

		if (v < 0)
			return -1;
		bits = (bits << 6 | (unsigned)v) & 0xffff;
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		if (n < max)
			to[n] = (unsigned char)(bits >> have);
		n++;
	}
	return (long)n;
}
