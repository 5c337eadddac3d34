// What Linux says about this process's memory, in bytes.
#pragma once

long residentBytes();
long peakBytes();   // since the start, or since `restartPeak`
void restartPeak(); // the peak begins at what is resident now
void returnFreed(); // gives memory that the C library holds back to the system
