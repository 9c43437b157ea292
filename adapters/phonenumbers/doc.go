// Package phonenumbers says which phone numbers may be written to: none that cost
// whoever calls or writes a premium, and none of a country that is not served.
//
// What it knows of the numbers of the world is in metadata.txt: as much of the
// metadata of github.com/nyaruka/phonenumbers (Google's libphonenumber) as that
// question needs. The tests write the file from that library and hold every answer
// against it; the program does without it, for it would load all of it at every
// start. The file is read with the first question, and a pattern compiled with the
// first number of its country.
//
// It does not say what a phone number looks like (domain.ParsePhone does), nor
// whether anybody has one.
//
// Digits behind the end of a number are surplus: a network drops them. So what is no
// number of its full length, but begins with one that costs more, is that one.
//
//	+1 900 555 0100
//	 │  └── pattern of the region: premium │ shared cost │ any other ─▶ refused?
//	 └── calling code ─▶ regions: US AG AI … ─▶ the first that has such a number ─▶ served?
package phonenumbers
