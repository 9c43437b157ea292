// Package phonenumbers drops trunk prefixes from phone numbers and decides which may be
// sent to: no premium-rate and shared-cost numbers, and none of countries that are not
// served.
//
// Its metadata.txt (71 KB, 254 regions) is an extract of the metadata of
// github.com/nyaruka/phonenumbers (Google's libphonenumber). The tests generate the file
// from that library and compare every answer with it; the program does not link the
// library, which loads all metadata at every start. The file is parsed at the first
// call, and a pattern is compiled for the first number of its region.
//
// It does not define the syntax of a phone number (domain.ParsePhone does), nor does it
// know whether a number is assigned.
//
// Networks drop surplus digits after the end of a number. So a number that is too long
// but begins with a premium-rate number is premium-rate.
//
//	+1 900 555 0100
//	 │  └── pattern of the region: premium │ shared cost │ any other ─▶ refused?
//	 └── calling code ─▶ regions: US AG AI … ─▶ the first with a matching pattern ─▶ served?
package phonenumbers
